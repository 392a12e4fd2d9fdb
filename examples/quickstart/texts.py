"""Text: a story as the model makes it, and sentences that mean the same."""

import time

import grpc

import picture
from picture import bold, dim, green, red

COLUMNS = 76
STORY_BEGINS = "It was a fine morning, and Emma"
STORY_TOKENS = 120
STORY_SEED = "6"  # the same seed, the same story
SENTENCE = "A man is eating food."
OTHERS = [
    "Somebody has a meal.",
    "He is having lunch.",
    "A cat sleeps in the sun.",
    "The stock market fell sharply on Monday.",
]


class Lines:
    """Prints text as it comes, in lines of at most COLUMNS; a word that may go on is held back."""

    def __init__(self):
        self.column = 0
        self.word = ""

    def add(self, text: str) -> None:
        for character in text:
            if character.isspace():
                self.end_word()
            else:
                self.word += character

    def end_word(self) -> None:
        if not self.word:
            return
        begins_line = self.column == 0 or self.column + 1 + len(self.word) > COLUMNS
        lead = "  " if self.column == 0 else "\n  " if begins_line else " "
        print(lead + self.word, end="", flush=True)
        self.column = len(self.word) + (2 if begins_line else self.column + 1)
        self.word = ""


def tell_story(stub, messages) -> None:
    request = messages.GenerateRequest(model_name="storyteller", prompt=STORY_BEGINS, max_tokens=STORY_TOKENS, temperature=0.7)
    lines = Lines()
    lines.add(STORY_BEGINS)
    times = []
    began = time.perf_counter()
    for token in stub.Generate(request, timeout=60, metadata=[("x-parlance-seed", STORY_SEED)]):
        if not token.is_final:
            times.append(time.perf_counter())
        lines.add(token.token)
    lines.end_word()
    rate = (len(times) - 1) / (times[-1] - times[0])
    print(f"\n\n  {bold(f'{rate:.0f} tokens/s')}  {len(times)} tokens, the first after {(times[0] - began) * 1000:.1f} ms")


def compare_sentences(stub, messages) -> None:
    def embed(text: str):
        return stub.Embed(messages.EmbedRequest(model_name="minilm", text=text, normalize=True), timeout=20).embedding

    try:
        wanted = embed(SENTENCE)
    except grpc.RpcError as error:  # MiniLM may not have been fetched
        print(f"  {red(error.code().name)}: {error.details()}")
        return
    print(f"  {bold(SENTENCE)}  {dim(f'{len(wanted)} numbers, their cosine with those of')}")
    for text in OTHERS:
        cosine = sum(a * b for a, b in zip(wanted, embed(text)))
        print(f"  {text:<44} {green(picture.bar(max(cosine, 0), 12))} {cosine:5.2f}")
