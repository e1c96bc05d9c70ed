"""A person's own log, read from a file."""

import pytest

import prepaid
from prepaid.catalog import DATA, load_usage_log


def write_log(folder, *rows):
    path = folder / "log.csv"
    path.write_text("\n".join(["date,mb", *rows]) + "\n", encoding="utf-8")
    return path


def test_log_is_gb_by_date(tmp_path):
    log = load_usage_log(write_log(tmp_path, "2026-02-28,250", "2026-03-01,0", "2026-03-02,1500.5"))
    expected = {"2026-02-28": 0.25, "2026-03-01": 0.0, "2026-03-02": 1.5005}
    assert {f"{day:%Y-%m-%d}": gb for day, gb in log.items()} == expected


def test_log_reports_every_problem_with_its_line(tmp_path):
    path = write_log(
        tmp_path,
        "2026-03-01,100",
        "2026-03-04,100",
        "2026-03-04,100",
        "2026-03-03,-5",
        "2026-03-04,lots",
        "2026-13-05,100",
        "2999-01-01,",
    )
    with pytest.raises(prepaid.CatalogError) as error:
        load_usage_log(path)
    gap = "is not the day after the line above (expected every day once, in order)"
    number = "(expected MB ≥ 0)"
    day = "(expected YYYY-MM-DD, not in the future)"
    assert sorted(str(error.value).splitlines()) == [
        f"log.csv:3: date: '2026-03-04' {gap}",
        f"log.csv:4: date: '2026-03-04' {gap}",
        f"log.csv:5: date: '2026-03-03' {gap}",
        f"log.csv:5: mb: '-5' is below 0 {number}",
        f"log.csv:6: mb: 'lots' is not a number {number}",
        f"log.csv:7: date: '2026-13-05' is not a day of the calendar {day}",
        f"log.csv:8: date: '2999-01-01' is in the future {day}",
        f"log.csv:8: mb: is blank {number}",
    ]


def test_log_with_wrong_columns_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("day,mb\n2026-03-01,100\n", encoding="utf-8")
    with pytest.raises(prepaid.CatalogError, match=r"log.csv:1: column 'date' is missing"):
        load_usage_log(path)


def test_example_log_is_of_a_person_with_nine_gb_a_month_and_busy_weekends():
    log = load_usage_log(DATA / "example-usage-log.csv")
    weekend = log.index.day_of_week >= 5
    assert (len(log), round(log.mean() * 30)) == (84, 9) and log[weekend].mean() > 1.4 * log[~weekend].mean()
