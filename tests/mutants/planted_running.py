"""The bugs of running it: the first install, poolers, restarts, and what is away."""

from tests.mutants.bug import Bug

INSTALL = "tests/faults/test_first_install.py"

BUGS = [
    Bug(
        "nobody makes the folder of the queue",
        "app/config.py",
        "        if settings.on_postgresql and not settings.jobs_url:\n",
        "        if not settings.on_postgresql and not settings.jobs_url:\n",
        (f"{INSTALL}::test_the_commands_of_the_document_bring_up_a_portal_that_is_ready_and_whose_workers_are_woken",),
    ),
    Bug(
        "a relative path means another file to a command",
        "app/config.py",
        'return f"sqlite:///{Path.cwd() / path}"',
        "return url",
        (f"{INSTALL}::test_a_relative_path_is_the_same_file_for_a_command_and_for_the_server",),
    ),
]
