def handler(event, context):
    print("greeting for", event.get("name"), "within", context.get_remaining_time_in_millis(), "ms")
    return {"hello": event.get("name", "world")}
