/**
 * Says in an error that LOCAL_UPSTREAM is what failed: the Worker knows only Workers AI. Any other answer, and every answer
 * without that setting, is handed on as it is.
 */
export async function nameUpstream(answer: Response, upstream: string | undefined): Promise<Response> {
  if (upstream === undefined || answer.status < 400) return answer;
  const envelope: { error?: { code?: unknown; message?: unknown } } = await answer.clone().json();
  const { code, message } = envelope.error ?? {};
  if (typeof message !== "string") return answer;
  const named =
    code === "upstream_error"
      ? `LOCAL_UPSTREAM failed, or can't be reached, at ${upstream}. Is the server running?`
      : message.replaceAll("Workers AI", `LOCAL_UPSTREAM at ${upstream}`);
  if (named === message) return answer;
  const { status, headers } = answer;
  return Response.json({ error: { ...envelope.error, message: named } }, { status, headers });
}
