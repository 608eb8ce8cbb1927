// The same calls as any client's.
import { useRef, useState } from "preact/hooks";
import { api, textOf } from "./api";

const answerShown = 10_000;

export function Invoke({ name }: { name: string }) {
  const [payload, setPayload] = useState("{}");
  const [answer, setAnswer] = useState<{ good: boolean; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const invoke = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const { error, text } = await api.invoke(name, payload);
      setAnswer({ good: !error, text: error ? `${error}: ${text}` : text });
    } catch (error) {
      setAnswer({ good: false, text: textOf(error) });
    }
    setBusy(false);
  };
  return (
    <form class="invoke" onSubmit={(event) => { event.preventDefault(); void invoke(); }}>
      <label>Payload<textarea rows={3} value={payload} spellcheck={false} onInput={(event) => setPayload(event.currentTarget.value)} /></label>
      <button type="submit" aria-disabled={busy}>{busy ? "Invoking…" : "Invoke"}</button>
      <output class={answer && !answer.good ? "problem" : ""}>
        {answer && `${answer.text.slice(0, answerShown)}${answer.text.length > answerShown ? " …" : ""}`}
      </output>
    </form>
  );
}

export function Remove({ name }: { name: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState("");
  const remove = async () => {
    dialog.current?.close();
    try {
      await api.remove(name);
      location.hash = "#/functions";
    } catch (error) {
      setProblem(textOf(error));
    }
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => dialog.current?.showModal()}>Delete…</button>
      {problem && <p role="alert" class="problem">{problem}</p>}
      <dialog ref={dialog} aria-labelledby="delete-title">
        <h2 id="delete-title">Delete {name}?</h2>
        <p>Its resources are released and its name is free at once. Invocations that run end on what they have.</p>
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>Keep it</button>
          <button type="button" class="danger" onClick={() => void remove()}>Delete</button>
        </div>
      </dialog>
    </>
  );
}
