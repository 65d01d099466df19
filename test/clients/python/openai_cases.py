"""Cases of Python's openai: python openai_cases.py CASE. RESPONSES_URL and RESPONSES_KEY say where; prints JSON."""

import json
import os
import sys

from openai import APIError, OpenAI
from pydantic import BaseModel

MODEL = "@cf/openai/gpt-oss-20b"
client = OpenAI(base_url=os.environ["RESPONSES_URL"], api_key=os.environ["RESPONSES_KEY"])


class City(BaseModel):
    city: str
    inhabitants: int


WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


def text():
    response = client.responses.create(model=MODEL, instructions="Be brief.", input="Say hello.")
    return [response.output_text, response.usage.input_tokens, response.usage.output_tokens]


def stream():
    deltas = []
    with client.responses.stream(model=MODEL, input="2 + 2?", reasoning={"effort": "low"}) as events:
        for event in events:
            if event.type == "response.reasoning_summary_text.delta":
                print(json.dumps({"thought": event.delta}), flush=True)
            if event.type == "response.output_text.delta":
                deltas.append(event.delta)
        return [deltas, events.get_final_response().output_text]


def tools():
    asked = [{"role": "user", "content": "Weather in Paris?"}]
    first = client.responses.create(model=MODEL, input=asked, tools=[WEATHER])
    outputs = [
        {
            "type": "function_call_output",
            "call_id": item.call_id,
            "output": f"sunny in {json.loads(item.arguments)['city']}",
        }
        for item in first.output
        if item.type == "function_call"
    ]
    again = client.responses.create(model=MODEL, input=[*asked, *first.output, *outputs], tools=[WEATHER])
    return again.output_text


def structured():
    response = client.responses.parse(model=MODEL, input="A city?", text_format=City)
    return response.output_parsed.model_dump()


def history():
    items = [{"role": "user", "content": "I am Ann."}]
    first = client.responses.create(model=MODEL, input=items)
    return client.responses.create(
        model=MODEL, input=[*items, *first.output, {"role": "user", "content": "Who am I?"}]
    ).output_text


def stored():
    first = client.responses.create(model=MODEL, input="I am Ann.")
    return client.responses.create(model=MODEL, input="Who am I?", previous_response_id=first.id).output_text


def conversation():
    made = client.conversations.create()
    client.responses.create(model=MODEL, input="I am Ann.", conversation=made.id)
    return client.responses.create(model=MODEL, input="Who am I?", conversation=made.id).output_text


def summary():
    response = client.responses.create(model=MODEL, input="2 + 2?", reasoning={"effort": "high", "summary": "auto"})
    return [response.output[0].summary[0].text, response.output_text]


def refused():
    try:
        client.responses.create(model=MODEL, input="2 + 2?", reasoning={"effort": "enormous"})
    except APIError as error:
        return [error.status_code, error.body["message"], error.type, error.param, error.code]


def short():
    response = client.responses.create(model=MODEL, input="Count.", max_output_tokens=16)
    return [response.output_text, response.status, response.incomplete_details.reason]


def broken():
    try:
        for _ in client.responses.create(model=MODEL, input="Hi.", stream=True):
            pass
    except APIError as error:
        return [error.message, error.type, error.code]


def leave():
    for event in client.responses.create(model=MODEL, input="Go on.", stream=True):
        if event.type == "response.output_text.delta":
            return event.delta


print(json.dumps({"result": globals()[sys.argv[1]]()}))
