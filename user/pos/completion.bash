# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for voicepay-pos

_voicepay_pos()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' word
	local options='--order-no --journal --gateway --address --cacert --cert --key --config --timeout --json --help --version'
	COMPREPLY=()

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		charge|order|query|reverse|refund|recover)
			command=$word
			break
			;;
		esac
	done

	case $prev in
	-i|--image|--cacert|--cert|--key|-f|--config)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--journal)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	esac

	case $command in
	'')	options="charge order query reverse refund recover $options" ;;
	charge)	options="--code --image --amount --currency --challenge --wait --no-local-check $options" ;;
	order)	options="--amount --currency --wait $options" ;;
	refund)	options="--refund-no --amount --currency $options" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}
complete -F _voicepay_pos voicepay-pos
