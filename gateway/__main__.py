"""`python -m gateway` is `postroom`."""

from gateway.cli import main

if __name__ == "__main__":
    main()
