"""Starting, stopping and killing the local platform."""

import signal

import httpx
from platform_runner import Runner


def test_a_second_run_says_that_one_runs_already(own_runner: Runner) -> None:
    second = own_runner.try_again()
    assert second.returncode == 2
    assert "已在运行" in second.stderr
    assert (own_runner.folder / "demo.json").exists()


def test_data_survive_a_killed_runner_and_no_process_is_left(own_runner: Runner) -> None:
    demo = own_runner.demo
    token = {"Authorization": f"Bearer {demo['channels']['mobile']['citizen_a']['token']}"}
    url = f"{demo['base_url']}/mobile/v1/cases"
    body = {"kind": "consultation", "content": "请问周末能办理吗？"}
    opened = httpx.post(url, json=body, headers=token, timeout=20)
    assert opened.status_code == 201
    assert own_runner.stop(signal.SIGKILL) == []
    own_runner.start()
    listed = httpx.get(url, headers=token, timeout=20).json()["items"]
    assert listed[0]["id"] == opened.json()["id"]
    assert own_runner.stop(signal.SIGINT) == []
    assert not (own_runner.folder / "demo.json").exists()
