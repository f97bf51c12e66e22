"""The files of configs/: what is accepted and what it means. The words for mistakes are in test_config_mistakes.py."""

import dataclasses
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from etheatmap_core.config import Config, EntityConfig, SourceConfig, load_config
from etheatmap_core.config.access import asked_sources, refusal, scored_weights
from etheatmap_core.config.model import LONGEST_CADENCES, SOURCE_NAMES
from etheatmap_core.errors import ConfigError
from etheatmap_core.hours import HOUR
from etheatmap_core.settings import load_settings
from etheatmap_core.signals.youtube_growth import MOST_HOURS_APART

SHIPPED = Path(__file__).parents[3] / "configs"
CATEGORIES = {"film", "tv", "music", "awards", "festival", "comedy", "gaming"}


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "configs"))


def by_name(config: Config) -> dict[str, EntityConfig]:
    return {entity.name: entity for entity in config.entities}


def test_the_shipped_roster_is_broad_and_its_common_words_name_their_article() -> None:
    entities = by_name(load_config(SHIPPED))
    assert len(entities) >= 70
    assert {entity.type for entity in entities.values()} == {"person", "project", "event"}
    assert {entity.category for entity in entities.values()} <= CATEGORIES
    swift = entities["Taylor Swift"]
    assert (swift.wiki_id, swift.wiki_title, swift.category) == ("Q26876", "Taylor Swift", "music")
    assert entities["Beyoncé"].wiki_title == "Beyoncé"
    assert entities["Dune"].wiki_title == "Dune (2021 film)", "the article of the name alone is about something else"
    assert entities["You"].wiki_title == "You (TV series)"


def test_the_shipped_sources_are_all_there_and_the_ones_that_are_collected_are_on() -> None:
    config = load_config(SHIPPED)
    assert set(config.sources) == set(SOURCE_NAMES)
    assert set(config.weights) == set(SOURCE_NAMES)
    assert config.source_types == {
        "reddit": ("reddit",),
        "trends": ("trends", "wiki"),
        "tiktok": ("tt_cc", "tt_search", "apify_tiktok"),
    }


def test_who_is_asked_needs_its_switch_and_its_keys() -> None:
    config, plain = load_config(SHIPPED), load_settings(None)
    keyed = plain.model_copy(update={"reddit_client_id": SecretStr("id"), "reddit_client_secret": SecretStr("secret")})
    assert asked_sources(config, keyed) - asked_sources(config, plain) == {"reddit"}
    assert str(refusal("reddit", config, plain)) == (
        "reddit needs REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET: set them in .env."
    )
    assert str(refusal("youtube", config, keyed)) == "youtube needs YOUTUBE_API_KEY: set it in .env."
    off = {**config.sources, "wiki": replace(config.sources["wiki"], enabled=False)}
    told = "wiki is switched off: set enabled: true for it in sources.yml."
    assert str(refusal("wiki", replace(config, sources=off), keyed)) == told
    assert scored_weights(config, plain) == {
        "wiki": 1.0, "trends": 1.0, "gdelt_gkg": 0.5, "entity_roster": 0.0, "imdb_box_office": 0.0, "news": 1.0,
    }  # fmt: skip


def test_a_paid_source_needs_its_feature_switch_too(configs: Path) -> None:
    (configs / "sources.yml").write_text("sources:\n  tt_cc: {enabled: true}\n")
    config = load_config(configs)
    assert (
        str(refusal("tt_cc", config, load_settings(None))) == "tt_cc is switched off: set FEATURE_APIFY=true in .env."
    )
    switched_on = load_settings(None).model_copy(update={"feature_apify": True})
    needed = "tt_cc needs APIFY_TOKEN and APIFY_CC_ACTOR: set them in .env."
    assert str(refusal("tt_cc", config, switched_on)) == needed
    keys = {"apify_token": SecretStr("token"), "apify_cc_actor": "somebody/creative-center"}
    assert refusal("tt_cc", config, switched_on.model_copy(update=keys)) is None


def test_a_file_saved_by_a_spreadsheet_reads_the_same(configs: Path) -> None:
    before = load_config(configs)
    for path in configs.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_config(configs) == before


def test_an_entity_needs_four_columns_in_any_order(configs: Path) -> None:
    (configs / "entities.csv").write_text("wiki_id,aliases,type,name\n,,person,Zendaya\n\n , ,,\n")
    assert load_config(configs).entities == (EntityConfig("Zendaya", "person", "unknown", (), None, "Zendaya"),)


def test_a_title_is_kept_as_wikipedia_spells_it(configs: Path) -> None:
    """Underscores, a small first letter, an accent in two characters and stray spaces are all the same article."""
    (configs / "entities.csv").write_text(
        "name,type,aliases,wiki_id,wiki_title\n"
        "Dune,project,,,Dune_(2021_film)\n"
        "iCarly,project,,,\n"
        "Beyonce\u0301,person,,,\n"
        "The\u00a0 Bear ,project,,,The Bear (TV series)\n"
    )
    titles = {entity.name: entity.wiki_title for entity in load_config(configs).entities}
    assert titles == {
        "Dune": "Dune (2021 film)",
        "iCarly": "ICarly",
        "Beyonc\u00e9": "Beyonc\u00e9",
        "The Bear": "The Bear (TV series)",
    }


def test_an_alias_is_no_article_and_may_be_the_name_of_another(configs: Path) -> None:
    (configs / "entities.csv").write_text(
        'name,type,aliases,wiki_id\nDwayne Johnson,person,"[""The Rock"", ""Rock""]",\nThe Rock,project,[],\n'
    )
    johnson, film = load_config(configs).entities
    assert johnson.aliases == ("The Rock", "Rock")
    assert johnson.wiki_title == "Dwayne Johnson"
    assert film.aliases == ()


def test_a_source_that_is_missing_is_disabled_and_an_old_name_counts(configs: Path) -> None:
    (configs / "sources.yml").write_text(
        "sources:\n  youtube_ingest: {enabled: true, weight: 0.5}\n  wiki: {weight: 1}\n"
    )
    config = load_config(configs)
    assert config.weights == {"youtube": 0.5}
    for name in ("youtube", "youtube_ingest"):
        assert config.is_enabled(name)
        assert config.weight(name) == 0.5
    for name in ("reddit", "wiki"):
        assert not config.is_enabled(name)
        assert config.weight(name) is None


def test_a_source_of_weight_nothing_is_still_asked(configs: Path) -> None:
    (configs / "sources.yml").write_text("sources:\n  wiki: {enabled: true, weight: 0}\n")
    config = load_config(configs)
    assert config.is_enabled("wiki")
    assert config.weight("wiki") == 0.0


def test_a_source_may_say_more(configs: Path) -> None:
    (configs / "sources.yml").write_text(
        "sources:\n  reddit:\n    cadence: 6h\n    ttl_seconds: 1800\n    base_url: http://127.0.0.1:9/x\n"
    )
    source = load_config(configs).sources["reddit"]
    assert source == SourceConfig("reddit", False, 1.0, timedelta(hours=6), 1800, "http://127.0.0.1:9/x")


def test_youtube_may_be_asked_as_rarely_as_its_counters_still_tell_something(configs: Path) -> None:
    """What is longer is a mistake (test_config_mistakes): each hour would be made, and none would have a signal."""
    assert LONGEST_CADENCES["youtube"] == MOST_HOURS_APART * HOUR
    for cadence, longest in (("6h", timedelta(hours=6)), ("manual", None)):
        (configs / "sources.yml").write_text(f"sources:\n  youtube: {{enabled: true, cadence: {cadence}}}\n")
        source = load_config(configs).sources["youtube"]
        assert (source.cadence, source.is_manual) == (longest, cadence == "manual")


def test_tentpoles_have_dates_and_a_boost(configs: Path) -> None:
    (configs / "tentpoles.csv").write_text("title,start_date,end_date,boost\nOscars,2027-03-14,2027-03-14,0\n")
    (tentpole,) = load_config(configs).tentpoles
    assert (tentpole.start_date, tentpole.end_date, tentpole.boost) == (date(2027, 3, 14), date(2027, 3, 14), 0.0)


def test_what_was_read_cannot_be_changed() -> None:
    config: Any = load_config(SHIPPED)
    with pytest.raises(TypeError):
        config.sources["wiki"] = None
    with pytest.raises(TypeError):
        config.source_types["trends"] = ()
    for value in (config, config.entities[0], config.sources["wiki"], config.tentpoles[0]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(value)[0].name, None)


def test_missing_files_are_named_together(configs: Path) -> None:
    (configs / "sources.yml").unlink()
    (configs / "tentpoles.csv").unlink()
    with pytest.raises(ConfigError) as caught:
        load_config(configs)
    assert str(caught.value) == (
        f"{configs} has no sources.yml, tentpoles.csv: restore what is missing from the release, "
        "or set ETHEATMAP_CONFIG_DIR to the right folder."
    )


def test_related_entities_are_named_as_in_the_file(configs: Path) -> None:
    heading = "name,type,aliases,wiki_id,related\n"
    (configs / "entities.csv").write_text(heading + 'Dune,project,,,"[""Zendaya""]"\nZendaya,person,,,\n')
    assert by_name(load_config(configs))["Dune"].related == ("Zendaya",)
    (configs / "entities.csv").write_text(heading + 'Dune,project,,,"[""Zendeya""]"\nZendaya,person,,,\n')
    with pytest.raises(ConfigError, match=r"entities\.csv:2: related: expected names of other entities .*'Zendaya'"):
        load_config(configs)
