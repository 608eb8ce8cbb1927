import { useEffect, useState } from "preact/hooks";
import { api, textOf, type Configuration } from "./api";
import { bytes } from "./format";

type Setting = [name: string, value: string | undefined];

function settings(of: Configuration): Setting[] {
  const joined = (all: string[] | undefined) => (all?.length ? all.join(", ") : undefined);
  return [
    ["Description", of.Description || undefined],
    ["Version", of.Version],
    ["Package", of.PackageType],
    ["Runtime", of.Runtime],
    ["Handler", of.Handler],
    ["Code size", of.CodeSize ? bytes(of.CodeSize) : undefined],
    ["Memory", of.MemorySize && `${of.MemorySize} MB`],
    ["Timeout", of.Timeout && `${of.Timeout} s`],
    ["Storage", of.EphemeralStorage?.Size && `${of.EphemeralStorage.Size} MB`],
    ["Architecture", joined(of.Architectures)],
    ["Subnets", joined(of.VpcConfig?.SubnetIds)],
    ["Security groups", joined(of.VpcConfig?.SecurityGroupIds)],
    ["Role", of.Role],
    ["Last modified", of.LastModified],
  ].map(([name, value]) => [name, value || undefined] as Setting);
}

/** What the Lambda API says of a function, read anew with each `revision`. */
export function Settings({ name, revision }: { name: string; revision: number | undefined }) {
  const [found, setFound] = useState<Configuration | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let stale = false;
    api.configuration(name)
      .then((answer) => {
        if (stale) return;
        setFound(answer.Configuration);
        setProblem("");
      })
      .catch((error: unknown) => !stale && setProblem(textOf(error)));
    return () => { stale = true; };
  }, [name, revision]);
  return (
    <div class="card">
      {problem && <p role="alert" class="problem">{problem}</p>}
      {found && (
        <>
          <dl class="pairs left">
            {settings(found).map(([label, value]) => value && [<dt key={label}>{label}</dt>, <dd key={`${label}=`}>{value}</dd>])}
          </dl>
          <details>
            <summary>All of it, as the API says it</summary>
            <pre tabIndex={0}>{JSON.stringify(found, null, 2)}</pre>
          </details>
        </>
      )}
    </div>
  );
}
