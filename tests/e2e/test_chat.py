"""`parlance chat`: on a terminal, which is a pty here, and in pipes."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time

import pytest

from support.process import PATIENCE_S, eventually, program
from support.repositories import SHIPPED, add_synthetic, counter, serve

USAGE, INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE = 64, 3, 5, 14
PROMPT = "It was a fine morning, and"
SEEDED = ["-H", "x-parlance-seed: 1"]
GREEDY = ["--temperature", "0"]  # of PROMPT as long as it may be
CTRL_C, CTRL_D = b"\x03", b"\x04"


class Terminal:
    """A program on a terminal of its own: what it wrote is `text`, without carriage returns."""

    def __init__(self, *arguments):
        self.text = ""
        self.end, terminal = pty.openpty()
        self.process = subprocess.Popen(arguments, stdin=terminal, stdout=terminal, stderr=terminal,
                                        start_new_session=True, preexec_fn=lambda: _own(terminal))
        os.close(terminal)

    def _read(self, seconds: float) -> bool:
        """Whether something came, or the end."""
        if not select.select([self.end], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.end, 65536)
        except OSError:  # the program has closed it
            return False
        self.text += piece.decode().replace("\r", "")
        return True

    def wait_for(self, pattern: str, since: int = 0) -> str:
        """What was written from `since` on, as soon as `pattern` is in it."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.text[since:]):
            assert time.monotonic() < end, self.text
            self._read(1)
        return self.text[since:]

    def type(self, line: str) -> int:
        """Where the text ended before."""
        before = len(self.text)
        os.write(self.end, line.encode() + b"\n")
        return before

    def ask(self, line: str) -> str:
        """What is written until the next prompt; without the line itself, which the terminal shows."""
        before = self.type(line)
        return self.wait_for(r"\n> $", before).split("\n", 1)[1].removesuffix("> ")

    def press(self, key: bytes) -> None:
        os.write(self.end, key)

    def wait(self) -> int:
        while self.process.poll() is None and self._read(1):
            pass
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.end)


def _own(terminal: int) -> None:
    """Makes it the terminal whose keys become signals."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


@pytest.fixture
def on_terminal():
    """on_terminal(*arguments) runs `parlance chat` on a terminal, up to its first prompt."""
    opened = []

    def start(*arguments: str) -> Terminal:
        opened.append(Terminal(program("parlance"), "chat", *arguments))
        opened[-1].wait_for(r"> $")
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def chat(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([program("parlance"), "chat", *arguments], input=stdin, capture_output=True, text=True, timeout=120)


def pages_used(server) -> float:
    return counter(server, "parlance_pages_used")


# --- on a terminal


def test_an_answer_is_shown_as_it_is_made(model_server, on_terminal):
    terminal = on_terminal(model_server.address, "--max-tokens", "300", *GREEDY)
    before = terminal.type(PROMPT)
    terminal.wait_for(r"\n.*\w", before)
    assert not terminal.text.endswith("\n> "), "text is here before the answer is whole"
    answer = terminal.wait_for(r"\n> $", before)
    assert len(answer.split()) > 40


def test_ctrl_c_ends_the_answer_and_the_next_one_comes(on_terminal):
    with serve() as server:
        terminal = on_terminal(server.address, "--max-tokens", "400", *GREEDY)
        before = terminal.type(PROMPT)
        terminal.wait_for(r"\n.*\w+ \w+", before)
        assert pages_used(server) > 0
        terminal.press(CTRL_C)
        stopped = terminal.wait_for(r"\n> $", before)
        assert "[stopped]" in stopped and "CANCELLED" not in stopped
        assert eventually(lambda: pages_used(server) == 0)
        assert terminal.process.poll() is None
        assert "last answer" in terminal.ask("/stats")
        assert terminal.ask("/new") == ""
        before = terminal.type(PROMPT)
        terminal.wait_for(r"\n.*\w+ \w+", before)
        terminal.press(CTRL_C)
        terminal.wait_for(r"\[stopped\]\n> $", before)
        terminal.press(CTRL_C)
        assert terminal.wait() == 0
        assert eventually(lambda: pages_used(server) == 0)


def test_stats_are_a_table(model_server, on_terminal):
    terminal = on_terminal(model_server.address, "--max-tokens", "12", *GREEDY)
    assert terminal.ask("/stats") == "no answer yet\n"
    terminal.ask(PROMPT)
    terminal.ask("Then")
    titles, last, both = terminal.ask("/stats").splitlines()
    assert titles.split() == ["tokens", "tokens/s", "first", "token"]
    assert last.split()[:3] == ["last", "answer", "12"]
    assert both.split()[:3] == ["2", "answers", "24"]
    assert re.fullmatch(r".* [\d,.]+ +[\d.]+ (µs|ms|s)", both)


def test_what_was_said_before_is_gone_on_with(model_server, on_terminal):
    terminal = on_terminal(model_server.address, "--max-tokens", "8", *GREEDY)
    first = terminal.ask(PROMPT).removesuffix("\n")
    second = terminal.ask("").removesuffix("\n")
    whole = chat(model_server.address, "--max-tokens", "16", *GREEDY, "--prompt", PROMPT).stdout
    assert first + second == whole.removesuffix("\n")
    terminal.ask("/new")
    assert terminal.ask(PROMPT).removesuffix("\n") == first


def test_a_long_conversation_loses_its_beginning(model_server, on_terminal):
    terminal = on_terminal(model_server.address, "--max-tokens", "150", *GREEDY)
    for _ in range(6):
        answer = terminal.ask(PROMPT)
        assert "PROMPT_TOO_LONG" not in answer
    assert "the beginning is left out" in terminal.text


def test_a_line_that_is_refused_is_forgotten(model_server, on_terminal):
    terminal = on_terminal(model_server.address, "--max-tokens", "8", *GREEDY)
    assert "INVALID_ARGUMENT" in terminal.ask("a<|endoftext|>b")
    assert terminal.ask(PROMPT) == chat(model_server.address, "--max-tokens", "8", *GREEDY, "--prompt", PROMPT).stdout


def test_commands(model_server, on_terminal):
    terminal = on_terminal(model_server.address)
    assert "/stats" in terminal.ask("/help")
    assert terminal.ask("/model") == "storyteller now; there are: storyteller\n"
    assert terminal.ask("/model digits") == "digits makes no text\n"
    assert "NOT_FOUND" in terminal.ask("/model nope")
    assert terminal.ask("/model storyteller") == ""
    assert "did you mean '/stats'?" in terminal.ask("/stast")
    terminal.type("/quit")
    assert terminal.wait() == 0


def test_ctrl_d_leaves(model_server, on_terminal):
    terminal = on_terminal(model_server.address)
    terminal.press(CTRL_D)
    assert terminal.wait() == 0


# --- in pipes


def test_a_prompt_is_answered_with_text_alone(model_server):
    done = chat(model_server.address, "--prompt", PROMPT, "--max-tokens", "20", *SEEDED)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == chat(model_server.address, "--max-tokens", "20", *SEEDED, stdin=f"{PROMPT}\n").stdout
    assert len(done.stdout.split()) > 5 and done.stdout.endswith("\n")


def test_each_line_of_stdin_is_a_prompt_by_itself(model_server):
    flags = [model_server.address, "--max-tokens", "10", *GREEDY]
    alone = [chat(*flags, "--prompt", prompt).stdout for prompt in (PROMPT, "Emma")]
    done = chat(*flags, stdin=f"{PROMPT}\n\nEmma\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(alone)


def test_text_comes_before_the_answer_is_whole(model_server):
    with subprocess.Popen([program("parlance"), "chat", model_server.address, "--prompt", PROMPT, *GREEDY],
                          stdout=subprocess.PIPE) as talk:
        assert os.read(talk.stdout.fileno(), 65536)
        assert os.read(talk.stdout.fileno(), 65536), "in pieces"
        talk.kill()


def test_a_program_that_is_killed_frees_its_pages():
    with serve() as server:
        arguments = [program("parlance"), "chat", server.address, "--prompt", PROMPT, "--max-tokens", "400", *GREEDY]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as talk:
            assert os.read(talk.stdout.fileno(), 65536)
            talk.kill()
        assert eventually(lambda: pages_used(server) == 0)


@pytest.mark.parametrize("flags, exit_code, words", [
    (["--model", "nope"], NOT_FOUND, "nope"),
    (["--max-tokens", "100000"], INVALID_ARGUMENT, "context of 512 tokens"),
    (["-H", "x-parlance-seed: many"], INVALID_ARGUMENT, "x-parlance-seed"),
])
def test_exit_code_is_the_status(model_server, flags, exit_code, words):
    done = chat(model_server.address, "--prompt", PROMPT, *flags)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert words in done.stderr


def test_nobody_listening_is_unavailable():
    assert chat("127.0.0.1:1", "--prompt", PROMPT, "--timeout", "20s").returncode == UNAVAILABLE


def test_a_server_without_a_text_model(tmp_path):
    add_synthetic(tmp_path, "one")
    with serve(repository=tmp_path) as server:
        done = chat(server.address, "--prompt", PROMPT)
    assert done.returncode == USAGE
    assert "no model that makes text" in done.stderr


def test_of_several_text_models_one_must_be_named(tmp_path):
    for name in ("storyteller", "teller"):
        os.symlink(SHIPPED / "storyteller", tmp_path / name)
    with serve(repository=tmp_path) as server:
        done = chat(server.address, "--prompt", PROMPT)
        assert done.returncode == USAGE
        assert "storyteller, teller; choose one with --model" in done.stderr
        assert chat(server.address, "--prompt", PROMPT, "--model", "teller", "--max-tokens", "5").returncode == 0


def test_tokens_are_asked_for_with_the_key(tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("me 0123456789abcdef0123\n")
    with serve("--auth-keys-file", str(keys)) as server:
        assert chat(server.address, "--prompt", PROMPT).returncode == 16
        done = chat(server.address, "--prompt", PROMPT, "--max-tokens", "5", "-H", "authorization: Bearer 0123456789abcdef0123")
        assert (done.returncode, done.stderr) == (0, "")
