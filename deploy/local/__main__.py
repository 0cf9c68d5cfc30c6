"""`python -m deploy.local` is `make up`; what it does stands in `deploy.local.up`."""

import asyncio
import sys

from deploy.local.postgres import PostgresError
from deploy.local.rabbitmq import RabbitMQUnavailableError
from deploy.local.up import up

try:
    sys.exit(asyncio.run(up()))
except (PostgresError, RabbitMQUnavailableError) as problem:
    sys.exit(str(problem))
