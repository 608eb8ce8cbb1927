export async function handler(event, context) {
  console.log("greeting for", event.name, "within", context.getRemainingTimeInMillis(), "ms");
  return { hello: event.name ?? "world" };
}
