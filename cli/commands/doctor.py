"""`colorise doctor`: what is here, what works, how fast it is."""

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    speed: Annotated[bool, typer.Option("--speed/--no-speed", help="Measure how fast this machine colours.")] = True,
) -> int:
    """Check this installation: versions, models, codecs, servers, speed."""
    from cli.checkup import examine, print_findings  # noqa: PLC0415 - numpy, cv2, onnxruntime and av
    from cli.exit_codes import ExitCode  # noqa: PLC0415 - with the others

    findings = examine(measure_speed=speed)
    print_findings(findings, as_json=as_json)
    return ExitCode.FAILED if any(finding.state == "bad" for finding in findings) else ExitCode.DONE
