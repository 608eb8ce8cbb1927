// The addresses of the simulated cloud, where it has networks: what functions fail for most often.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type World } from "./api";
import { count } from "./format";

const apart = 2000;

/** Read when functions have moved, at most every two seconds. */
function useWorld(sequence: number): World | null {
  const [world, setWorld] = useState<World | null>(null);
  const next = useRef(0);
  useEffect(() => {
    const waiting = setTimeout(() => {
      next.current = performance.now() + apart;
      api.world().then(setWorld).catch(() => setWorld(null));
    }, Math.max(0, next.current - performance.now()));
    return () => clearTimeout(waiting);
  }, [sequence]);
  return world;
}

export function Network({ sequence }: { sequence: number }) {
  const vpc = useWorld(sequence)?.vpc;
  if (!vpc) return null;
  return (
    <section aria-labelledby="network">
      <h2 id="network">Addresses in use</h2>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="network">
        <table>
          <thead><tr><th scope="col">Subnet</th><th scope="col" class="vpc">VPC</th><th scope="col" class="right">In use</th><th scope="col" class="right">Of</th><th scope="col">Share</th></tr></thead>
          <tbody>
            {vpc.subnets.map((s) => <Row key={s.id} name={s.id} group={s.vpc} used={s.in_use} of={s.addresses} />)}
            <Row name="Network interfaces" group="" used={vpc.enis_in_use} of={vpc.eni_quota} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ name, group, used, of }: { name: string; group: string; used: number; of: number }) {
  const full = used >= of;
  return (
    <tr>
      <th scope="row" class="nowrap">{name}</th>
      <td class="faint vpc">{group}</td>
      <td class="number right">{count(used)}</td>
      <td class="number right">{count(of)}</td>
      <td><meter min={0} max={Math.max(1, of)} low={0.8 * of} high={of - 0.5} optimum={0} value={used} aria-label={`${name}: ${used} of ${of} in use`} /> {full && <span class="problem">full</span>}</td>
    </tr>
  );
}
