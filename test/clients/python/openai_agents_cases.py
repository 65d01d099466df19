"""Cases of Python's openai-agents: python openai_agents_cases.py CASE. As openai_cases.py."""

import asyncio
import json
import os
import sys

from agents import (
    Agent,
    ModelSettings,
    Runner,
    SQLiteSession,
    function_tool,
    set_default_openai_client,
    set_tracing_disabled,
)
from openai import APIError, AsyncOpenAI
from openai.types.shared import Reasoning
from pydantic import BaseModel

MODEL = "@cf/openai/gpt-oss-20b"
set_default_openai_client(AsyncOpenAI(base_url=os.environ["RESPONSES_URL"], api_key=os.environ["RESPONSES_KEY"]))
set_tracing_disabled(True)  # Traces would go to OpenAI, with this key.


class City(BaseModel):
    city: str
    inhabitants: int


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


talker = Agent(name="Talker", instructions="Be brief.", model=MODEL)


async def text():
    result = await Runner.run(talker, "Say hello.")
    usage = result.context_wrapper.usage
    return [result.final_output, usage.input_tokens, usage.output_tokens]


async def stream():
    settings = ModelSettings(reasoning=Reasoning(effort="low"))
    result = Runner.run_streamed(Agent(name="Adder", model=MODEL, model_settings=settings), "2 + 2?")
    deltas = []
    async for event in result.stream_events():
        if event.type != "raw_response_event":
            continue
        if event.data.type == "response.reasoning_summary_text.delta":
            print(json.dumps({"thought": event.data.delta}), flush=True)
        if event.data.type == "response.output_text.delta":
            deltas.append(event.data.delta)
    return [deltas, result.final_output]


async def tools():
    return (await Runner.run(Agent(name="Forecaster", model=MODEL, tools=[get_weather]), "Weather in Paris?")).final_output


async def structured():
    result = await Runner.run(Agent(name="Geographer", model=MODEL, output_type=City), "A city?")
    return result.final_output.model_dump()


async def history():
    session = SQLiteSession("ann")
    agent = Agent(name="Talker", model=MODEL)
    await Runner.run(agent, "I am Ann.", session=session)
    return (await Runner.run(agent, "Who am I?", session=session)).final_output


async def stored():
    agent = Agent(name="Talker", model=MODEL)
    first = await Runner.run(agent, "I am Ann.")
    result = await Runner.run(agent, "Who am I?", previous_response_id=first.last_response_id)
    return result.final_output


async def summary():
    settings = ModelSettings(reasoning=Reasoning(effort="high", summary="auto"))
    result = await Runner.run(Agent(name="Adder", model=MODEL, model_settings=settings), "2 + 2?")
    return [result.new_items[0].raw_item.summary[0].text, result.final_output]


async def refused():
    settings = ModelSettings(reasoning={"effort": "enormous"})
    try:
        await Runner.run(Agent(name="Adder", model=MODEL, model_settings=settings), "2 + 2?")
    except APIError as error:
        return [error.status_code, error.body["message"], error.type, error.param, error.code]


print(json.dumps({"result": asyncio.run(globals()[sys.argv[1]]())}))
