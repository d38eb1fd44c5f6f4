"""The command line of Intarsia; run `python cli.py --help`."""

from core.cli.main import main

if __name__ == "__main__":
    main()
