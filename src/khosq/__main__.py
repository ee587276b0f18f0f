"""``python -m khosq`` is the command line."""

from khosq.cli import main

if __name__ == "__main__":
    main()
