# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for voicepay-gateway

_voicepay_gateway()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' word
	local options='--config --state --db --json --help --version'
	COMPREPLY=()

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		init|serve|pubkey|user|merchant|ticket|ledger|payments|alarms|certify|device|crl|migrate|export|import|rekey|backup|restore)
			command=$word
			break
			;;
		esac
	done

	case $prev in
	-r|--reason)
		mapfile -t COMPREPLY < <(compgen -W 'key-compromise superseded cessation' -- "$cur")
		return
		;;
	-c|--config|--cert|--request|-o|--out|-S|--socket|-m|--metrics)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-l|--log)
		mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur")
		return
		;;
	-s|--state)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	esac

	case $command in
	'')	options="init serve pubkey user merchant ticket ledger payments alarms certify device crl migrate export import rekey backup restore $options" ;;
	serve)	options="--socket --metrics --log $options" ;;
	user)	options="add set --name --balance --confirm-above --per-day --per-payment $options" ;;
	merchant) options="add revoke --name --cert --id --reason $options" ;;
	certify) options="--request --out $options" ;;
	device)	options="revoke --device --cert --reason $options" ;;
	crl)	options="--out $options" ;;
	ticket)	options="--user --ttl $options" ;;
	backup|restore)
		[ "$command" = backup ] || options="--replace --guard $options"
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	rekey)	options="--online --gateways $options" ;;
	alarms)	options="--since $options" ;;
	export|import)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}
complete -F _voicepay_gateway voicepay-gateway
