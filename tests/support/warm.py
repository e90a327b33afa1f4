"""Imports and reads what every command needs, in the process from which `support.forked` forks the others."""

import conformance.commands.judge
import conformance.commands.proxy
import conformance.commands.report
import conformance.commands.run
import conformance.plugin.items
import conformance.reference.server  # noqa: F401
from conformance.base.versions import DEFAULT_VERSION
from conformance.judge.library import load_library

load_library(DEFAULT_VERSION)
