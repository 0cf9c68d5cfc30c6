"""tmp"""


def main() -> None: ...
