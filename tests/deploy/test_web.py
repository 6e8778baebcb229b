"""The page's functions, and the page in a real browser."""
import json
import shutil
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip('gradio', reason="pip install 'erpose[web]'")
web = pytest.importorskip('erpose.deploy.web')
from erpose.deploy import Predictor  # noqa: E402
from erpose.imaging.images import read_image  # noqa: E402
from erpose.imaging.sources import frames  # noqa: E402
from erpose.imaging.videos import OpenCVVideo, PyAVVideo  # noqa: E402

WAIT = 60  # seconds


@pytest.fixture(scope='module')
def clip(tmp_path_factory, crowd):
    """Three generated photographs as a video."""
    path = tmp_path_factory.mktemp('clip') / 'clip.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (160, 120))
    for image in sorted(crowd.iterdir())[:3]:
        writer.write(read_image(image))
    writer.release()
    return path


@pytest.fixture(scope='module')
def photo(crowd):
    return sorted(crowd.iterdir())[0]


@pytest.fixture(scope='module')
def predictor(fixed_file):
    return Predictor(fixed_file, threads=1)


def test_people_of_a_picture(photo, predictor):
    found = web.find(str(photo), predictor)
    assert (web.picture(found, 0.05) != cv2.cvtColor(read_image(photo),
                                                    cv2.COLOR_BGR2RGB)).any()
    score = float(np.median(found.people[0].scores))
    people = json.loads(Path(web.records(found, score)).read_text())
    assert people == predictor(read_image(photo), score).to_coco(photo.name)
    assert 0 < len(people) < len(found.people[0].scores)


def test_people_of_a_video(clip, predictor, monkeypatch):
    found = web.find(str(clip), predictor)
    assert len(list(frames(web.video(found, 0.05)))) == len(found.people) == 3
    people = json.loads(Path(web.records(found, 0.05)).read_text())
    assert {p['image_id'] for p in people} <= {f'clip.avi#{i}' for i in range(3)}
    monkeypatch.setattr(web, 'MAX_FRAMES', 2)
    assert len(web.find(str(clip), predictor).people) == 2


def test_people_of_a_video_are_numbered_where_trackers_is(clip, predictor, monkeypatch):
    monkeypatch.setitem(sys.modules, 'trackers', None)
    assert {people.ids for people in web.find(str(clip), predictor).people} == {None}
    monkeypatch.undo()
    pytest.importorskip('trackers')
    monkeypatch.setattr(web, 'TRACKED_SCORE', 0.05)
    found = web.find(str(clip), predictor)
    assert all(min(people.ids) >= 1 for people in found.people if len(people))
    people = json.loads(Path(web.records(found, 0.05)).read_text())
    assert {person['track_id'] for person in people} >= {1, 2}


def test_what_is_too_large_or_broken_is_refused(photo, predictor, monkeypatch, tmp_path):
    broken = tmp_path / 'broken.png'
    broken.write_bytes(b'nothing')
    with pytest.raises(ValueError, match='broken.png: not an image'):
        web.find(str(broken), predictor)
    monkeypatch.setattr(web, 'MAX_PIXELS', 1000)
    with pytest.raises(ValueError, match='160x120 pixels'):
        web.find(str(photo), predictor)


@pytest.fixture(scope='module')
def browser(fixed_file, tmp_path_factory):
    """The page in a headless Chromium, and actions of a visitor."""
    selenium = pytest.importorskip('selenium.webdriver')
    from selenium.webdriver.chrome.service import Service
    programs = [shutil.which(name) for name in ('chromium', 'chromedriver')]
    if None in programs:
        pytest.skip("Debian's chromium and chromium-driver are not installed")
    downloads = tmp_path_factory.mktemp('downloads')
    options = selenium.ChromeOptions()
    options.binary_location = programs[0]
    for name in ('headless', 'no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run',
                 'disable-background-networking', 'disable-component-update',
                 'disable-sync', 'disable-dev-shm-usage', 'window-size=1200,900'):
        options.add_argument(f'--{name}')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    page = web.serve([str(fixed_file)], port=port, threads=1, block=False)
    driver = selenium.Chrome(options=options, service=Service(programs[1]))
    driver.execute_cdp_cmd('Browser.setDownloadBehavior', dict(
        behavior='allow', downloadPath=str(downloads)))

    def until(script, *arguments):
        """Waits for a JavaScript expression to be true, and returns it."""
        end = time.time() + WAIT
        while time.time() < end:
            value = driver.execute_script(f'return {script}', *arguments)
            if value:
                return value
            time.sleep(0.1)
        text = driver.execute_script('return document.body.innerText')
        raise AssertionError(f'never true: {script}; the page says: {text}')

    def upload(path):
        driver.get(page.local_url)
        until("document.querySelector('input[type=file]')").send_keys(str(path))

    yield SimpleNamespace(driver=driver, until=until, upload=upload, downloads=downloads,
                          port=port)
    driver.quit()
    page.close()


COUNT = "document.body.innerText.match(/\\d+ people[^\\n]*/)?.[0]"


def set_score(browser, value):
    browser.driver.execute_script("""
        const input = document.querySelector('input[type=number]');
        input.value = arguments[0];
        input.dispatchEvent(new Event('input', {bubbles: true}));
        input.dispatchEvent(new Event('blur', {bubbles: true}));""", value)


def test_picture_score_and_download(browser, photo, predictor):
    scores = predictor(read_image(photo), web.LEAST_SCORE).scores
    browser.upload(photo)
    browser.until(f"{COUNT} == '{(scores > 0.3).sum()} people'")
    browser.until("[...document.querySelectorAll('img')].some(i => i.naturalWidth == 160)")
    middle = round(float(np.median(scores)), 2)
    count = int((scores > middle).sum())
    set_score(browser, middle)
    browser.until(f"{COUNT} == '{count} people'")
    browser.until("[...document.querySelectorAll('button')]"
                  ".filter(b => b.innerText == 'People as JSON' && !b.disabled)[0]").click()
    end = time.time() + WAIT
    while not list(browser.downloads.glob('*.json')) and time.time() < end:
        time.sleep(0.1)
    people = json.loads(next(browser.downloads.glob('*.json')).read_text())
    assert len(people) == count and len(people[0]['keypoints']) == 51


def test_video_plays(browser, clip):
    browser.upload(clip)
    browser.until(f"{COUNT}?.endsWith('in 3 frames')")
    browser.until("document.querySelector('video')?.videoWidth == 160")


@pytest.mark.parametrize('kind', [OpenCVVideo, PyAVVideo])
def test_drawn_videos_play_in_a_browser(browser, kind, tmp_path):
    if kind is PyAVVideo:
        pytest.importorskip('av')
    video = kind(tmp_path / 'a.mp4', 10.0, (64, 48))
    for index in range(3):
        video.write(np.full((48, 64, 3), 80 * index, np.uint8), index / 10)
    video.release()
    browser.driver.get((tmp_path / 'a.mp4').as_uri())
    browser.until("document.querySelector('video')?.videoWidth == 64")


def test_a_broken_upload_gets_a_message(browser, tmp_path):
    broken = tmp_path / 'broken.png'
    broken.write_bytes(b'nothing')
    browser.upload(broken)
    browser.until("document.body.innerText.includes('broken.png: not an image')")
    text = browser.driver.execute_script('return document.body.innerText')
    assert 'Traceback' not in text and str(tmp_path) not in text


def test_listens_on_this_machine_alone(browser):
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None,
                                                           socket.AF_INET)}
    for address in addresses - {'127.0.0.1'}:
        with socket.socket() as other:
            assert other.connect_ex((address, browser.port)) != 0
