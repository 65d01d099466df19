/** The console's mark. */
export function Mark({ size }: { size: number }) {
  return <img class="mark" src="/console/icon.svg" alt="" width={size} height={size} />;
}
