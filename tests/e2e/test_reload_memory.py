"""A server's memory through reloads under load: what each one takes it gives back."""

import sys

from support.process import ROOT

sys.path.insert(0, str(ROOT / "bench" / "serving"))

import reloads  # noqa: E402

MiB = 1024 * 1024


def test_50_reloads_under_load_give_back_what_they_took(stubs):
    load, sizes = reloads.reload_often(stubs, times=50, callers=4)
    assert set(load.outcomes) == {"OK"}, load.failures
    growth = sizes[-1] - sizes[9]
    assert growth < 64 * MiB, f"{growth / MiB:.0f} MiB in 40 reloads"
