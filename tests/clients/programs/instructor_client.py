"""Instructor: `python instructor_client.py MODEL`, with the base URL and the key in the environment."""

import sys

import instructor
from pydantic import BaseModel

MODEL = sys.argv[1]


class Person(BaseModel):
    """What a structured answer holds."""

    name: str
    age: int


def ask(client, **more):
    """A person, read from one sentence."""
    return client.chat.completions.create(
        messages=[{"role": "user", "content": "Ada is 36 years old."}], max_tokens=1_000, response_model=Person, **more
    )


client = instructor.from_provider(f"anthropic/{MODEL}")
print("tools:", type(ask(client)).__name__)
parts = list(
    client.chat.completions.create_partial(
        messages=[{"role": "user", "content": "Ada is 36 years old."}], max_tokens=1_000, response_model=Person
    )
)
print("partial:", len(parts) > 1, parts[-1].age is not None)
