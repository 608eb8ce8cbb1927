class OutOfGreetings(Exception):
    pass


def handler(event, context):
    raise OutOfGreetings("there is nobody left to greet")
