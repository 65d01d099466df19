export default {
  fetch(): Response {
    return new Response("not built yet", { status: 501 });
  },
} satisfies ExportedHandler<Env>;
