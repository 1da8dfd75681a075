"""When a site that died is started again."""

from app.localhost.backoff import RestartPolicy


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def test_the_first_restart_is_at_once_and_later_ones_wait_twice_as_long_each() -> None:
    clock = Clock()
    policy = RestartPolicy(clock, middle)
    delays = []
    for _ in range(10):
        # Far enough apart that this is no crash loop.
        clock.now += 16
        delays.append(policy.note_exit(uptime=15).delay)
    assert delays == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_five_exits_within_a_minute_are_a_crash_loop() -> None:
    clock = Clock()
    policy = RestartPolicy(clock, middle)
    retries = []
    for _ in range(5):
        clock.now += 15
        retries.append(policy.note_exit(uptime=1))
    assert [retry.is_loop for retry in retries] == [False, False, False, False, True]
    assert retries[-1].delay == 30


def test_a_minute_of_running_clears_the_past() -> None:
    policy = RestartPolicy(Clock(), middle)
    for _ in range(4):
        policy.note_exit(uptime=0)
    retry = policy.note_exit(uptime=60)
    assert not retry.is_loop
    assert retry.delay == 0


def test_a_reset_clears_the_past() -> None:
    policy = RestartPolicy(Clock(), middle)
    for _ in range(5):
        policy.note_exit(uptime=0)
    policy.reset()
    assert policy.note_exit(uptime=0).delay == 0


def test_delays_are_spread_by_a_tenth_and_never_exceed_half_a_minute() -> None:
    policy = RestartPolicy(Clock(), lambda low, high: high)
    policy.note_exit(uptime=0)
    assert policy.note_exit(uptime=0).delay == 0.55
    for _ in range(2000):
        assert policy.note_exit(uptime=0).delay <= 30
