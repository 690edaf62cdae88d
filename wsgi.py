"""What a WSGI server loads: `gunicorn wsgi:app`."""

import gc

from appraisal import telemetry
from appraisal.app import create_app

telemetry.configure_logs()
app = create_app()
# What is loaded before the workers fork is theirs together as long as nothing writes to it, and the collector would.
gc.collect()
gc.freeze()
