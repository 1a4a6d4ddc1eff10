/** A machine that gave its set-up up, or was started again, sets itself up again: what stood in its way may be gone. */
import type { RemoteMachine } from '../../ports.js'
import { elevated, type OnMachine, systemctl, unitOf } from '../../serve/remote/on-machine.js'

/**
 * With folder, the two units, and systemctl's words. Nothing is done where nothing was ever said (the first run is on its way),
 * or the engine runs. Else it waits until the newest run has said something: what an earlier one said must not be taken for it.
 */
const BEGIN_AGAIN = `
home=$1 setup=$2 engine=$3
shift 3
[ -s "$home/phases.ndjson" ] || exit 0
"$@" is-active -q "$engine" && exit 0
run=$(cat "$home/boots")
case $("$@" is-active "$setup") in
active | activating) ;;
*)
    started=$("$@" show -p ExecMainStartTimestampMonotonic --value "$setup")
    if [ "$started" = 0 ] || "$@" is-failed -q "$setup" || "$@" is-failed -q "$engine"; then
        "$@" start --no-block "$setup" || exit 0
        run=$((run + 1))
        echo again
    fi
    ;;
esac
waited=0
until grep -q "\\"boot\\":$run," "$home/phases.ndjson" || [ "$waited" -ge 150 ]; do
    sleep 0.2
    waited=$((waited + 1))
done
`

/** True where it was begun again. */
export async function beginAgain(
  machine: Pick<RemoteMachine, 'run'>,
  serving: OnMachine,
  signal: AbortSignal,
): Promise<boolean> {
  const units = [unitOf(serving, 'bootstrap'), unitOf(serving, 'engine')].map((unit) => `${unit}.service`)
  const argv = elevated(serving, ['sh', '-c', BEGIN_AGAIN, 'sh', serving.home, ...units, ...systemctl(serving, [])])
  const { stdout } = await machine.run({ argv }, signal)
  return stdout.trim() === 'again'
}
