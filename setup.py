"""What pyproject.toml cannot say of the wheel: that it tells whether the C extension is in it.

The extension is optional, so a compiler that fails ends nothing. Then the build says so, and the
wheel is named for every machine instead of this one.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

WITHOUT_EXTENSION = (
    "pnyx is built without its C extension, since that does not compile here (is there a C "
    "compiler, with Python's headers?). Everything works and gives the same answers, but ballots "
    "are checked about four times slower."
)


class BuildExtension(build_ext):
    """Compiles where that is possible, and says where it is not."""

    def run(self) -> None:
        """Compile."""
        super().run()
        if not self.is_built():
            self.warn(WITHOUT_EXTENSION)

    def is_built(self) -> bool:
        """Say whether every extension is there."""
        return all(Path(self.get_ext_fullpath(one.name)).exists() for one in self.extensions)


class BuildWheel(bdist_wheel):
    """Names the wheel for what is in it."""

    def get_tag(self) -> tuple[str, str, str]:
        """Give the tags of Python, ABI and machine."""
        extension = self.get_finalized_command("build_ext")
        assert isinstance(extension, BuildExtension)
        return super().get_tag() if extension.is_built() else ("py3", "none", "any")


setup(cmdclass={"build_ext": BuildExtension, "bdist_wheel": BuildWheel})
