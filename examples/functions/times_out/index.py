import time


def handler(event, context):
    print("this will take a while")
    time.sleep(event.get("seconds", 60))
    return "done after all"
