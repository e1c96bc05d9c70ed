"""The `run` script: what it says, what it sets up and how it ends; nothing is really installed."""

import importlib.machinery
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FONTS = "import matplotlib.font_manager"  # lists the fonts of the machine, before a notebook does


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Return the script as a module whose environment is a folder that holds nothing."""
    loader = importlib.machinery.SourceFileLoader("run", str(ROOT / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", sys.executable)
    return module


@pytest.mark.parametrize("args", [[], ["--help"], ["help"]])
def test_help_is_shown_without_setting_up(args):
    done = subprocess.run(
        [sys.executable, str(ROOT / "run"), *args], capture_output=True, text=True, check=True
    )
    assert "./run test --quick" in done.stdout
    assert not done.stderr


def test_an_unknown_command_is_named_in_a_line_with_the_known_ones():
    done = subprocess.run(
        [sys.executable, str(ROOT / "run"), "foo"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("./run foo: unknown (known: lab, test, refresh, python")


def test_every_command_is_explained(run):
    explained = re.findall(r"^\./run (\w+)", run.__doc__, flags=re.MULTILINE)
    assert list(dict.fromkeys(explained)) == ["lab", "test", "refresh", "python"]


@pytest.mark.parametrize(
    ("command", "args", "options"),
    [
        ("test", ["-k", "x"], ["-m", "pytest", "-k", "x"]),
        ("test", ["--quick", "-x"], ["-m", "pytest", "tests", "-m", "not slow", "-x"]),
        ("refresh", ["a.ipynb"], ["-m", "prepaid", "refresh", "a.ipynb"]),
        ("python", ["-m", "prepaid", "check"], ["-m", "prepaid", "check"]),
        ("lab", ["--headless"], ["-m", "prepaid", "refresh", "--all", "--dry-run"]),
    ],
)
def test_options_are_passed_on(run, command, args, options):
    assert run.command_line(command, args) == options


def test_lab_opens_the_notebooks_and_passes_on_the_rest(run):
    line = run.command_line("lab", ["--port=1234"])
    assert line[:2] == ["-m", "jupyterlab"]
    assert line[-1] == "--port=1234"
    assert "--LabApp.default_url=/lab/tree/notebooks/00-choose-my-plan.ipynb" in line


@pytest.fixture
def installed(run, monkeypatch):
    """Return what is created and installed, in order, without doing it."""
    done = []
    monkeypatch.setattr(
        run.venv, "create", lambda folder, **options: (folder.mkdir(), done.append("created"))
    )
    monkeypatch.setattr(run, "link_source", lambda: None)
    monkeypatch.setattr(run, "PYTHON", run.VENV)
    monkeypatch.setattr(
        run, "install", lambda lists: done.append([Path(file).name for file in lists])
    )
    monkeypatch.setattr(run, "python", lambda *args: done.append(args[-1]))
    return done


def test_reading_installs_less_and_testing_the_rest_on_top(run, installed):
    for _ in range(2):
        run.set_up([run.READ])
        assert installed == ["created", ["requirements.txt"], FONTS]
    for _ in range(2):
        run.set_up([run.READ, run.TEST])
        assert installed[3:] == [["requirements-test.txt"], FONTS]
    run.set_up([run.READ])
    assert len(installed) == 5


def test_testing_first_installs_both_lists_at_once(run, installed):
    run.set_up([run.READ, run.TEST])
    run.set_up([run.READ])
    assert installed == ["created", ["requirements.txt", "requirements-test.txt"], FONTS]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_a_changed_list_starts_anew(run, installed, monkeypatch, name):
    run.set_up([run.READ, run.TEST])
    del installed[:]
    stamp = run.stamp
    monkeypatch.setattr(
        run, "stamp", lambda one: (stamp(one)[0], stamp(one)[1] + "x" * (one == name))
    )
    monkeypatch.setattr(run.venv, "create", lambda folder, **options: installed.append("created"))
    run.set_up([run.READ, run.TEST])
    assert installed == ["created", ["requirements.txt", "requirements-test.txt"], FONTS]


def test_setting_up_says_what_is_done_and_how_much(run, installed, capsys):
    run.set_up([run.READ])
    said = capsys.readouterr().err
    assert run.SIZES[run.READ] in said
    assert run.SIZES[run.TEST] not in said
    assert "1 of 3" in said


def test_jupyterlab_saves_nothing_by_itself_and_asks_nothing_of_the_network(run, installed):
    run.set_up([run.READ])
    settings = (run.VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json").read_text()
    assert '"autosave": false' in settings
    assert '"fetchNews": "false"' in settings


def test_exported_pages_have_the_template_that_tells_pictures_in_words(run, installed):
    run.set_up([run.READ])
    settings = (run.VENV / "etc" / "jupyter" / "jupyter_nbconvert_config.json").read_text()
    assert settings == '{"HTMLExporter": {"template_name": "classic"}}'


def fake_installers(run, monkeypatch, failing):
    """Record the calls of installers; those that hold the word fail."""
    calls = []

    def python(*args, **options):
        calls.append((args, dict(os.environ)))
        return int(failing in args)

    monkeypatch.setattr(run, "python", python)
    monkeypatch.setattr(run, "uv_settings", dict)
    return calls


def test_packages_come_by_uv(run, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    calls = fake_installers(run, monkeypatch, "nothing")
    run.install([str(ROOT / "requirements.txt")])
    (bootstrap, _), (install, _) = calls
    assert bootstrap[-1].startswith("uv==")
    assert install[:4] == ("-m", "uv", "pip", "install")
    assert install[-2:] == ("--requirement", str(ROOT / "requirements.txt"))
    assert "--no-cache" not in install
    assert re.search(r"3 of 3: \d{3} packages", capsys.readouterr().err)


def test_a_closed_home_is_no_place_for_a_cache(run, monkeypatch):
    monkeypatch.setenv("HOME", "/nonexistent/home")
    monkeypatch.setenv("USERPROFILE", "/nonexistent/home")
    calls = fake_installers(run, monkeypatch, "nothing")
    run.install([str(ROOT / "requirements.txt")])
    assert "--no-cache" in calls[-1][0]


@pytest.mark.parametrize("failing", ["uv", "--quiet"])
def test_pip_stands_in_where_there_is_no_uv(run, monkeypatch, tmp_path, capsys, failing):
    fake_installers(run, monkeypatch, failing)
    pip = tmp_path / "pip"
    pip.write_text(
        "#!/bin/sh\necho Collecting numpy==2.4.6\necho '  Downloading'\n"
        "echo 'Collecting pandas==3 (from x)'\n"
    )
    pip.chmod(0o755)
    monkeypatch.setattr(run, "PYTHON", pip)
    run.install([str(ROOT / "requirements.txt")])
    said = capsys.readouterr().err
    assert "with pip" in said
    assert "2 of at most" in said
    assert "pandas==3" in said
    pip.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(SystemExit, match="needs a package index"):
        run.install([str(ROOT / "requirements.txt")])


def test_uv_looks_for_packages_where_pip_does(run, monkeypatch, tmp_path):
    settings = """\
[global]
index-url = https://global.example.com/simple
extra-index-url =
    https://one.example.com/simple
    https://two.example.com/simple
no-index = true
[install]
index-url = https://install.example.com/simple
trusted-host = install.example.com
[download]
index-url = https://download.example.com/simple
"""
    (tmp_path / "pip.conf").write_text(settings)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/a /b")
    found = run.uv_settings()
    assert found["UV_DEFAULT_INDEX"] == "https://install.example.com/simple"
    assert found["UV_INDEX"] == "https://one.example.com/simple https://two.example.com/simple"
    assert found["UV_FIND_LINKS"] == "/a,/b"
    assert found["UV_NO_INDEX"] == "true"
    assert found["UV_INSECURE_HOST"] == "install.example.com"
    monkeypatch.setenv("PIP_INDEX_URL", "https://env.example.com/simple")
    assert run.uv_settings()["UV_DEFAULT_INDEX"] == "https://env.example.com/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv.example.com/simple")
    assert "UV_DEFAULT_INDEX" not in run.uv_settings()


def test_without_settings_of_pip_uv_keeps_its_own(run, monkeypatch):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert run.uv_settings() == {}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_setting_up_ends_with_a_line_and_takes_the_installer_along(tmp_path, number):
    """The place of the installer is taken by a program that would go on for long."""
    for name in ("run", "requirements.txt", "requirements-test.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").write_text(f'#!/bin/sh\necho $$ > "{tmp_path}/pid"\nexec sleep 60\n')
    (bin_folder / "python").chmod(0o755)
    stamp = "import runpy; file, digest = runpy.run_path('run')['stamp']('requirements.txt'); "
    stamp += "file.write_text(digest)"
    subprocess.run([sys.executable, "-c", stamp], cwd=tmp_path, check=True)
    process = subprocess.Popen(
        [sys.executable, "run", "test"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        time.sleep(0.05)
    process.send_signal(number)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 128 + number
    assert said.splitlines()[-1].startswith("Stopped")
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
