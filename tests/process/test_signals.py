"""The daemon ends in time, whatever is under way, and takes up at its next start what it held (G19, F66)."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from tests.process.house import House, living, until

pytestmark = pytest.mark.slow
STUBBORN = "  - {id: a, shell: 'trap \"\" TERM; touch up; while :; do sleep 0.1; done', MARK}\n"
BOTH = [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("number", BOTH)
def test_an_idle_daemon_ends_at_once_with_code_0_and_takes_its_socket_away(house: House, number: int) -> None:
    house.start()
    assert house.end(number) < 2.0
    assert not house.socket.exists()
    assert "ends in order" in house.said()
    assert not any(word in house.said() for word in ("error", "Traceback", "ended", "restarting"))


@pytest.mark.parametrize("number", BOTH)
def test_runs_under_way_are_held_and_taken_up_without_counting_the_attempt(house: House, number: int) -> None:
    house.config.write_text('[daemon]\nshutdown_grace = "2s"\n[nodes]\nkill_grace = "500ms"\n')
    house.start()
    runs = [house.run(f"  - {{id: a, {action}}}\n") for action in ("python: 'steps:hang'", "shell: 'sleep 60', MARK")]
    for run_id in runs:
        house.wait_node(run_id, "a", "running")
    assert house.end(number) < 3.0
    assert living(house.mark) == []
    house.start()
    for run_id in runs:
        kinds = house.kinds(run_id)
        assert kinds.index("run_interrupted_shutdown") < kinds.index("run_paused") < kinds.index("run_queued_for_resume_after_restart")
        assert [event["reason"] for event in house.events(run_id) if event["event"] == "run_paused"] == ["shutdown"]
        node = house.wait_node(run_id, "a", "running")  # though only one attempt may be made
        assert (node["max_attempts"], node["instance"]) == (1, 1)
        house.change("run.cancel", run_id=run_id)
        assert house.reach(run_id)["status"] == "cancelled"


def test_a_command_that_ignores_term_is_killed_within_the_grace(house: House) -> None:
    house.config.write_text('[daemon]\nshutdown_grace = "3s"\n[nodes]\nkill_grace = "1s"\n')
    house.start()
    run_id = house.run(STUBBORN)
    house.wait_work(run_id)
    assert 0.5 < house.end() < 4.0
    assert living(house.mark) == []


def test_a_step_that_ends_within_the_grace_has_ended_for_good(house: House) -> None:
    house.start()
    run_id = house.run("  - {id: a, shell: 'echo x >> starts; sleep 0.7'}\n  - {id: b, needs: [a], command: [cat, starts]}\n")
    house.wait_work(run_id, "starts")
    assert house.end() < 3.0
    house.start()
    house.reach(run_id, "completed")
    assert house.node(run_id, "b")["output"].split() == ["x"]


@pytest.mark.parametrize("number", BOTH)
def test_a_second_signal_ends_everything_within_a_second(house: House, number: int) -> None:
    house.start()
    run_id = house.run(STUBBORN + "  - {id: b, python: 'steps:stubborn'}\n  - {id: c, python: 'steps:hang_in_thread'}\n")
    house.wait_work(run_id)
    house.daemon.send_signal(signal.SIGTERM)
    until(lambda: house.refusal("run.cancel", run_id="none").code in ("shutting_down", "run_not_found"))
    begun = time.monotonic()
    house.daemon.send_signal(number)
    house.daemon.wait(5)
    assert time.monotonic() - begun < 1.5  # one second, and a busy machine
    until(lambda: not living(house.mark), 2.0)
    house.start()
    assert "run_queued_for_resume_after_restart" in house.kinds(run_id)


def test_an_open_gate_is_not_touched_by_a_shutdown(house: House) -> None:
    house.start()
    run_id = house.run("  - {id: ask, gate: human_approval, prompt: Go?}\n")
    nonce = house.reach(run_id, "awaiting_approval")
    before = house.events(run_id)
    assert house.end() < 2.0
    house.start()
    assert house.events(run_id) == before
    assert house.look(run_id)["open_gates"] == nonce["open_gates"]
    house.change("gate.decide", run_id=run_id, decision="approve")
    assert house.reach(run_id)["status"] == "completed"


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_at_any_time_of_the_start_ends_it_without_harm(house: House, number: int) -> None:
    house.start()
    run_id = house.run("  - {id: a, python: 'steps:hang'}\n")
    house.wait_node(run_id, "a", "running")
    house.kill()
    for wait_ms in (0, 60, 120, 180, 240, 300, 400):
        daemon = house.launch()
        time.sleep(wait_ms / 1000)
        daemon.send_signal(number)
        try:
            code = daemon.wait(12)
        except subprocess.TimeoutExpired:  # Python itself may lose a SIGINT before it reads our first line: one presses again
            daemon.send_signal(number)
            code = daemon.wait(12)
        early = {-number} if number == signal.SIGTERM else {-number, 1, 130}  # before the daemon listens for signals it dies of them
        assert code in {0, *early}, house.said()
    house.start()
    house.wait_node(run_id, "a", "running")
    assert house.call("store.verify")["ok"]


def test_hangup_reads_the_settings_and_changes_nothing(house: House) -> None:
    house.start()
    house.daemon.send_signal(signal.SIGHUP)
    until(lambda: "the configuration is valid" in house.said())
    house.config.write_text("[runs]\nnonsense = 1\n")
    house.daemon.send_signal(signal.SIGHUP)
    until(lambda: "code: config_invalid" in house.said())
    assert "runs.nonsense" in house.said()
    house.config.write_bytes(b"\xff not toml \x00")
    house.daemon.send_signal(signal.SIGHUP)
    until(lambda: house.said().count("code: ") == 2)
    house.config.unlink()
    house.config.mkdir()
    house.daemon.send_signal(signal.SIGHUP)
    until(lambda: house.said().count("code: ") == 3)
    assert house.reach(house.run("  - {id: a, python: 'steps:quick'}\n"))["status"] == "completed"
    house.end()


def test_broken_pipes_and_a_storm_of_signals_do_no_harm(house: House) -> None:
    house.start()
    run_id = house.run("  - {id: a, command: [sleep, '0.5']}\n")
    for _ in range(200):
        house.daemon.send_signal(signal.SIGPIPE)
        house.daemon.send_signal(signal.SIGCHLD)
        house.daemon.send_signal(signal.SIGHUP)
    assert house.reach(run_id)["status"] == "completed"
    house.end()
