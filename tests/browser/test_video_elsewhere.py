"""A show's picture over two server processes, beyond its places, without sound at first, and by other carriers."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests import sockets
from tests.browser.conftest import Window, go_live_unseen
from tests.browser.test_a_show import create_show
from tests.browser.test_video import KEEP, TITLE, become_creator, decodes_more, go_live, picture, until, viewer
from tests.journeys import server as servers

pytestmark = [pytest.mark.browser, pytest.mark.journey]

TWO = pytest.mark.skipif(
    connection.vendor != "postgresql" or not settings.REDIS_URL, reason="two processes need PostgreSQL and Redis"
)


# As browsers do before the reader has touched the page; headless ones let everything begin.
ONLY_SILENT = """
let touched = false;
addEventListener("pointerdown", () => (touched = true), true);
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
    const refused = !this.muted && !touched;
    return refused ? Promise.reject(new DOMException("Interact first", "NotAllowedError")) : play.call(this);
};
"""


async def host_at(window: Window, address: str, camera: bool = True) -> Page:
    page = await window(f"{address}/register/?next=/studio/")
    await page.context.add_init_script(KEEP)
    await become_creator(page)
    await create_show(page, TITLE, [])
    if camera:
        await page.get_by_role("button", name="Turn on camera and microphone").click()
        await expect(page.get_by_role("button", name="Switch off the camera")).to_be_visible()
    return page


async def link_of(host: Page) -> str:
    return await host.get_by_label("Link for viewers").input_value()


@TWO
async def test_host_and_viewers_on_two_server_processes(database_url: str, tmp_path: Path, window: Window) -> None:
    with (
        servers.running("uvicorn", database_url, tmp_path) as one,
        servers.running("uvicorn", database_url, tmp_path) as other,
    ):
        host = await host_at(window, one.address.http)
        link = await link_of(host)
        elsewhere = link.replace(one.address.http, other.address.http)
        waited = await viewer(window, elsewhere)
        await go_live(host)
        guests = [waited, await viewer(window, elsewhere, phone=True), await viewer(window, link)]
        for page in guests:
            await decodes_more(page)
        await expect(host.get_by_text("seen by 3")).to_be_visible()
        for page in [*guests, host]:
            await page.close()


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[str]:
    with servers.running("uvicorn", database_url, tmp_path, BROADCAST_VIEWERS="1") as server:
        yield server.address.http


async def test_a_viewer_beyond_the_places_reads_so_and_sees_the_picture_when_one_is_free(
    small: str, window: Window
) -> None:
    host = await host_at(window, small)
    await go_live(host)
    first = await viewer(window, await link_of(host))
    await decodes_more(first)
    second = await viewer(window, await link_of(host))
    await expect(second.get_by_text("All 1 places of this broadcast are taken.")).to_be_visible()
    await expect(picture(second)).to_be_hidden()
    await first.close()
    await decodes_more(second)
    await expect(second.get_by_text("All 1 places")).to_be_hidden()


async def test_where_a_page_may_not_begin_with_sound_it_begins_without(server: str, window: Window) -> None:
    host = await host_at(window, server)
    await go_live(host)
    page = await window("about:blank")
    await page.context.add_init_script(KEEP + ONLY_SILENT)
    await page.goto(await link_of(host))
    await decodes_more(page)
    button = page.get_by_role("button", name="Turn on the sound")
    await expect(button).to_be_visible()
    assert await picture(page).evaluate("(video) => video.muted && !video.paused")
    await button.click()
    await expect(page.get_by_role("button", name="Turn off the sound")).to_be_visible()
    assert not await picture(page).evaluate("(video) => video.muted || video.paused")


async def test_a_change_of_network_is_followed_by_a_new_way_with_fresh_servers(server: str, window: Window) -> None:
    host = await host_at(window, server)
    await go_live(host)
    guest = await viewer(window, await link_of(host))
    await decodes_more(guest)
    fragment = "/ice-ufrag:(.*)/.exec(connections.at(-1).currentRemoteDescription.sdp)[1]"
    before = await guest.evaluate(fragment)
    async with host.expect_response("**/api/ice-servers"):
        await host.evaluate("void dispatchEvent(new Event('online'))")
    await until(guest, f"{fragment} !== {json.dumps(before)}")
    await decodes_more(guest)


# --- HLS


@pytest.fixture
def by_hls(database_url: str, tmp_path: Path) -> Iterator[str]:
    with servers.running("uvicorn", database_url, tmp_path, MEDIA_PROVIDER="hls") as server:
        yield server.address.http


def stream(folder: Path) -> dict[str, bytes]:
    """A playlist of a few seconds and its pieces, by name."""
    av = pytest.importorskip("av")
    playlist = folder / "index.m3u8"
    with av.open(str(playlist), "w", format="hls", options={"hls_time": "1", "hls_list_size": "0"}) as output:
        track = output.add_stream("libx264", rate=10, options={"g": "10", "preset": "ultrafast"})
        track.width, track.height, track.pix_fmt = 320, 180, "yuv420p"
        for number in range(40):
            frame = av.VideoFrame(320, 180, "rgb24")
            frame.planes[0].update(bytes([number * 6 % 256]) * frame.planes[0].buffer_size)
            output.mux(track.encode(frame))
        output.mux(track.encode(None))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_hls_plays_the_playlist_of_the_show_and_reaches_no_other_server(
    by_hls: str, window: Window, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = stream(tmp_path_factory.mktemp("hls"))
    host = await host_at(window, by_hls, camera=False)
    await expect(host.get_by_text("the stream that your encoder sends")).to_be_visible()
    await host.get_by_role("button", name="Go live").click()
    await expect(host.get_by_text("Set streamUrl to the https address")).to_be_visible()
    await host.get_by_role("button", name="Edit").click()
    form = host.get_by_role("dialog", name="Edit the show")
    await form.get_by_label("Address of the stream").fill("https://video.test/live/index.m3u8")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_be_hidden()
    await host.get_by_role("button", name="Go live").click()
    await expect(host.get_by_role("button", name="Pause")).to_be_visible()

    async def serve(route: Route) -> None:
        body = files.get(route.request.url.rpartition("/")[2])
        cors = {"Access-Control-Allow-Origin": "*"}
        await (route.fulfill(body=body, headers=cors) if body else route.fulfill(status=404))

    guest = await window("about:blank")
    await guest.context.route("https://video.test/**", serve)
    page = await guest.goto(await link_of(host))
    await expect(picture(guest)).to_be_visible()
    await until(guest, "document.querySelector('[data-picture]').currentTime > 1")
    assert page is not None
    rules = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    assert rules["connect-src"].split() == ["'self'", by_hls.replace("http", "ws"), "https://video.test"]
    assert rules["script-src"] == "'self'"


async def test_an_encoder_that_died_is_said_and_its_picture_comes_back_by_itself(
    by_hls: str, window: Window, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = stream(tmp_path_factory.mktemp("hls"))
    whole = files["index.m3u8"].replace(b"#EXT-X-ENDLIST", b"").replace(b"#EXT-X-PLAYLIST-TYPE:VOD\n", b"")
    shown = {"playlist": whole}
    host = await host_at(window, by_hls, camera=False)
    await host.get_by_role("button", name="Edit").click()
    form = host.get_by_role("dialog", name="Edit the show")
    await form.get_by_label("Address of the stream").fill("https://video.test/live/index.m3u8")
    await form.get_by_role("button", name="Save").click()
    await host.get_by_role("button", name="Go live").click()
    await expect(host.get_by_role("button", name="Pause")).to_be_visible()

    async def serve(route: Route) -> None:
        name, cors = route.request.url.rpartition("/")[2], {"Access-Control-Allow-Origin": "*"}
        body = shown["playlist"] if name == "index.m3u8" else files.get(name.removeprefix("again-"))
        await (route.fulfill(body=body, headers=cors) if body else route.fulfill(status=404, headers=cors))

    guest = await window("about:blank")
    await guest.context.route("https://video.test/**", serve)
    await guest.goto(await link_of(host))
    await until(guest, "document.querySelector('[data-picture]').currentTime > 0")
    stopped = guest.get_by_text("The picture has stopped. Trying again…")
    await expect(stopped).to_be_visible()
    shown["playlist"] = b""  # its server is gone as well
    await guest.wait_for_event("response", lambda answer: answer.url.endswith("index.m3u8") and answer.status == 404)
    shown["playlist"] = whole.replace(b"index", b"again-index")
    await until(guest, "!document.querySelector('[data-picture]').paused")
    await expect(stopped).to_be_hidden()


# --- Agora and LiveKit, whose servers are elsewhere: how their clients are called, not that they carry anything

SDK = """
window.called = [];
const note = (name, result) => (...given) => { called.push([name, ...given]); return result; };
const client = {
    setClientRole: note("role"), on: (name) => note("on")(name), join: note("join"), leave: note("leave"),
    publish: (track) => note("publish")(track.kind), unpublish: note("unpublish"), renewToken: note("renew"),
};
window.AgoraRTC = {
    createClient: note("client", client),
    createCustomVideoTrack: () => ({ kind: "video" }),
    createCustomAudioTrack: () => ({ kind: "audio" }),
};
"""


@pytest.fixture
def by_agora(database_url: str, tmp_path: Path) -> Iterator[str]:
    with servers.running(
        "uvicorn",
        database_url,
        tmp_path,
        AGORA_APP_ID="970CA35de60c44645bbae8a215061b33",
        AGORA_APP_CERTIFICATE="5CFd2fd1755d40ecb72977518be15d3b",
        AGORA_SDK_URL="https://sdk.test/agora.js",
    ) as server:
        yield server.address.http


async def test_agoras_client_is_loaded_from_its_address_and_given_a_place(by_agora: str, window: Window) -> None:
    async def sdk(route: Route) -> None:
        await route.fulfill(body=SDK, content_type="text/javascript")

    host = await window("about:blank")
    await host.context.route("https://sdk.test/agora.js", sdk)
    await host.goto(f"{by_agora}/register/?next=/studio/")
    await become_creator(host)
    await create_show(host, TITLE, [])
    await host.get_by_role("button", name="Turn on camera and microphone").click()
    await go_live(host)
    await until(host, "window.called?.filter(([name]) => name === 'publish').length === 2")
    guest = await window("about:blank")
    await guest.context.route("https://sdk.test/agora.js", sdk)
    await guest.goto(await link_of(host))
    await until(guest, "window.called?.some(([name]) => name === 'join')")
    for page, role in ((host, "host"), (guest, "audience")):
        calls = {name: given for name, *given in await page.evaluate("called")}
        app_id, channel, token, _ = calls["join"]
        assert (calls["role"], app_id) == ([role], "970CA35de60c44645bbae8a215061b33")
        assert channel in guest.url
        assert token.startswith("007")


@pytest.fixture
def by_livekit(database_url: str, tmp_path: Path) -> Iterator[str]:
    with servers.running(
        "uvicorn",
        database_url,
        tmp_path,
        MEDIA_PROVIDER="livekit",
        LIVEKIT_URL="wss://live.test",
        LIVEKIT_API_KEY="APIkey",
        LIVEKIT_API_SECRET="a secret that is long enough for it",
    ) as server:
        yield server.address.http


async def test_livekits_client_asks_its_server_to_be_let_in(by_livekit: str, window: Window) -> None:
    host = await host_at(window, by_livekit, camera=False)
    await go_live_unseen(host)
    await expect(host.get_by_role("button", name="Pause")).to_be_visible()
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def refuse(socket: WebSocketRoute) -> None:
        asked.put_nowait(socket.url)
        await socket.close()

    guest = await window("about:blank")
    await guest.context.route("https://live.test/**", lambda route: route.fulfill(status=401, body="no"))
    await guest.context.route_web_socket("wss://live.test/**", refuse)
    await guest.goto(await link_of(host))
    address = await asyncio.wait_for(asked.get(), sockets.PATIENCE)
    assert address.startswith("wss://live.test/rtc")
