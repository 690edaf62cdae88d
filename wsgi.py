"""What a WSGI server loads: `gunicorn wsgi:app`."""

from appraisal import telemetry
from appraisal.app import create_app

telemetry.configure_logs()
app = create_app()
