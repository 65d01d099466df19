import { useState } from "preact/hooks";
import { isObject } from "../api/json.ts";
import { formatCount } from "./format.ts";

/** Entries of an object or array that are drawn at first, and with each click more. */
const page = 100;
const longestText = 2000;

/** A JSON value as a tree whose branches open. What is closed is not drawn, so that its size does not matter. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <div class="json-tree code">
      <Node value={value} depth={0} />
    </div>
  );
}

function Node({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const entries = isObject(value)
    ? Object.entries(value)
    : Array.isArray(value)
      ? value.map((entry, index) => [String(index), entry] as const)
      : undefined;
  const [isOpen, setOpen] = useState(depth < 3 && (entries?.length ?? 0) <= 40);
  const [shown, setShown] = useState(page);
  const label = name !== undefined && <span class="json-name">{name}: </span>;
  if (entries === undefined) {
    return (
      <div class="json-leaf">
        {label}
        <Leaf value={value} />
      </div>
    );
  }
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0)
    return (
      <div class="json-leaf">
        {label}
        {open}
        {close}
      </div>
    );
  return (
    <div class="json-branch">
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {label}
        {open}
        {!isOpen && (
          <span class="note">
            {" "}
            {formatCount(entries.length)} {close}
          </span>
        )}
      </button>
      {isOpen && (
        <>
          <div class="json-inner">
            {entries.slice(0, shown).map(([key, entry]) => (
              <Node key={key} value={entry} depth={depth + 1} {...(!Array.isArray(value) && { name: key })} />
            ))}
            {entries.length > shown && (
              <button type="button" class="ghost" onClick={() => setShown(shown + page)}>
                {formatCount(entries.length - shown)} more
              </button>
            )}
          </div>
          <div>{close}</div>
        </>
      )}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  const [isWhole, setWhole] = useState(false);
  if (typeof value !== "string") return <span class="json-value">{String(value)}</span>;
  const isCut = value.length > longestText && !isWhole;
  return (
    <span class="json-text">
      {JSON.stringify(isCut ? value.slice(0, longestText) : value)}
      {isCut && (
        <button type="button" class="ghost" onClick={() => setWhole(true)}>
          {formatCount(value.length - longestText)} characters more
        </button>
      )}
    </span>
  );
}
