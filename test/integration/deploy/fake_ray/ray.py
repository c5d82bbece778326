"""Stands in for Ray where it is not installed: tasks run one after the other, in this process, with the retries that their options ask for."""

from types import SimpleNamespace


class RayError(Exception):
    pass


exceptions = SimpleNamespace(RayError=RayError)


def init():
    print("ray.init()")


def remote(max_retries=0, retry_exceptions=(), **_resources):
    def decorate(function):
        return SimpleNamespace(remote=lambda *args, **kwargs: _run(function, args, kwargs, max_retries, tuple(retry_exceptions)))

    return decorate


def _run(function, args, kwargs, max_retries, retried):
    for attempt in range(max_retries + 1):
        try:
            return SimpleNamespace(value=function(*args, **kwargs), error=None)
        except Exception as error:
            if attempt == max_retries or not isinstance(error, retried):
                return SimpleNamespace(value=None, error=error)


def wait(futures, num_returns=1):
    return futures[:num_returns], futures[num_returns:]


def get(future):
    if future.error is not None:
        raise future.error
    return future.value
