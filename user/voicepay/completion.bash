# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for voicepay

_voicepay()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' options='' word
	COMPREPLY=()

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		certificate|check|code|confirm|enrol|events|limits|lock|notifications|otp|pay|pool|provision|rotate|slot|statement|status|unlock|verify-server|warm|wipe)
			command=$word
			break
			;;
		esac
	done

	case $prev in
	-c|--config|--trust|--chain|--crl|--ocsp|--png|--png-qr|--png-barcode|--svg|--svg-qr|--svg-barcode|--uri|--pskc)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-C|--currency)
		mapfile -t COMPREPLY < <(compgen -W 'CNY EUR GBP HKD JPY USD' -- "$cur")
		return
		;;
	-v|--voice-token|--ticket)
		case $cur in
		@*)
			mapfile -t COMPREPLY < <(compgen -P @ -f -- "${cur#@}")
			return
			;;
		esac
		;;
	esac

	case $command in
	'')	options='certificate check code confirm enrol events limits lock notifications otp pay pool provision rotate slot statement status
			unlock verify-server warm wipe --version' ;;
	certificate)
		case $prev in
		install|-o|--out)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		esac
		options='request install show renew --out --new-key --due --jitter'
		;;
	code)	options='--slot --new --reveal --amount --currency --merchant --challenge --online --pool --once --watch --plain --payload
			--png --png-qr --png-barcode --svg --svg-qr --svg-barcode --display' ;;
	confirm) options='--yes --no --slot' ;;
	enrol)	options='--ticket --slot --accept-time' ;;
	events)	options='--count' ;;
	limits)	options='--per-payment --per-day --confirm-above --currency --slot' ;;
	lock|unlock) options='--slot' ;;
	slot)	options='--slot --user --group --user-rights --group-rights --codes-per-hour --presence --presence-seconds --presence-above' ;;
	pay)	options='--to --amount --currency --voice-token --user --order-id --order --slot --yes' ;;
	notifications) options='--since --follow' ;;
	otp)	options='add --slot --once --uri --pskc --key-id' ;;
	pool)	options='--due --slot' ;;
	provision) options='--set' ;;
	rotate)	options='--due --slot --jitter' ;;
	statement) options='--limit --before' ;;
	status)	options='--slot' ;;
	verify-server) options='--trust --chain --host --ip --time --crl --ocsp --pin --max-depth --staple-required --crl-max-age --staple-max-age' ;;
	warm)	options='--channels' ;;
	wipe)	options='--yes' ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options --json --config --help" -- "$cur")
}

complete -F _voicepay voicepay
