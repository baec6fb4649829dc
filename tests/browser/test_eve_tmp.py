"""x"""
from tests.browser.conftest import World, world  # noqa
async def test_it(world):
    for row in await world.home.log():
        print(row.activity_type, row.state, row.reason, row.detail, row.actor_uri)
    assert 0
