"""The recorded feeds, and what a reader of the files finds in them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

FOLDER = "api_rss_atom"


class Recording(NamedTuple):
    """``summary`` is how that of the first entry starts, ``length`` how long it is."""

    file: str
    title: str
    home: str
    entries: int
    links: int  # different ones
    first_link: str
    first_title: str
    summary: str
    length: int
    author: str | None
    published_at: datetime
    guid: str | None
    categories: tuple[str, ...]
    last_link: str
    last_at: datetime


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def body(realdata: Path, file: str) -> bytes:
    return (realdata / FOLDER / file).read_bytes()


# Read by hand: links of Feedburner are those of its origLink, dates are in UTC whatever the file's offset.
RECORDINGS = (
    Recording(
        "AtomTheVerge.xml", "The Verge - Front Pages", "http://www.theverge.com/", 10, 10,
        "http://www.theverge.com/ces/2017/1/7/14195588/hulu-live-tv-streaming-internet-ces-2017",
        "This is the new Hulu experience with live TV", "Hulu is giving closed-door", 996, "Chris Welch",
        utc(2017, 1, 7, 14, 0, 1),
        "http://www.theverge.com/ces/2017/1/7/14195588/hulu-live-tv-streaming-internet-ces-2017", (),
        "http://www.theverge.com/2017/1/6/14113810/best-of-ces-2017-live-show-stream-vergecast-day-3",
        utc(2017, 1, 6, 21, 30),
    ),
    Recording(  # two of its entries lead to one page
        "DaringFireball.atom", "Daring Fireball", "https://daringfireball.net/", 48, 47,
        "https://daringfireball.net/thetalkshow/2017/06/26/ep-195", "The Talk Show: ‘I Do Like Throwing a Baby’",
        "New episode of America’s favorite", 700, "John Gruber", utc(2017, 6, 27, 0, 54, 17),
        "tag:daringfireball.net,2017:/linked//6.33853", (),
        "https://daringfireball.net/2017/06/update_on_the_talk_show_live_from_wwdc_2017", utc(2017, 6, 2, 5, 41, 6),
    ),
    Recording(  # an empty line before the XML declaration
        "TechCrunch.xml", "TechCrunch", "http://techcrunch.com/", 20, 20,
        "http://techcrunch.com/2011/11/02/angies-list-prices-ipo-at-11-to-13-per-share-valued-at-over-600m/",
        "Angie’s List Sets Price Range IPO At $11 To $13 Per Share; Valued At Over $600M", "Angie's List, which", 782,
        "Leena Rao", utc(2011, 11, 2, 17, 25, 27), "http://techcrunch.com/?p=446154", ("TC", "angie\\'s list"),
        "http://techcrunch.com/2011/11/02/"
        "ooma-invades-canada-us-prime-subscribers-can-now-talk-to-their-northern-cousins-for-free/",
        utc(2011, 11, 2, 12, 34, 7),
    ),
    Recording(  # its links end in #tk.rss_all
        "macworld.rss", "Macworld", "https://www.macworld.com/", 30, 30,
        "https://www.techhive.com/article/3212828/connected-home/best-smart-lock.html", "Best smart lock",
        "Keys are yesterday’s tech, your", 62, "Christopher Null", utc(2017, 11, 28, 23, 40), None,
        ("Connected Home", "Bluetooth", "Home Tech"),
        "https://www.macworld.com/article/3238188/consumer-electronics/"
        "black-friday-deal-save-80-on-the-freshebuds-pro-magnetic-bluetooth-earbuds.html",
        utc(2017, 11, 24, 13, 45),
    ),
    Recording(
        "rbren_atom-customfields.atom", "L2inc", "https://www.youtube.com/channel/UCBcRF18a7Qf58cCRy5xuWwQ", 15, 15,
        "https://www.youtube.com/watch?v=lR-w1h5ONOY", "Buy Now, Bitches*", 'Scott\'s Book "The Four" http', 996,
        "L2inc", utc(2017, 9, 14, 18, 3, 34), "yt:video:lR-w1h5ONOY", (),
        "https://www.youtube.com/watch?v=s6qHAJm7ZEk", utc(2017, 7, 20, 19, 40, 55),
    ),
    Recording(  # no description, only content:encoded
        "rbren_content-encoded.rss", "Food in Invironment on Medium",
        "https://medium.com/invironment/tagged/food?source=rss----d12c403d4976--food", 7, 7,
        "https://medium.com/invironment/the-creative-forager-125af37d838f?source=rss----d12c403d4976--food",
        "THE CREATIVE FORAGER", "Using Wild Ingredients in the Kitchen HEY, YOU!", 992, "Jeremy Puma",
        utc(2018, 4, 9, 18, 55, 38), "https://medium.com/p/125af37d838f",
        ("plants", "environment", "nature", "foraging", "food"),
        "https://medium.com/invironment/wild-flavors-all-year-round-71769186b899?source=rss----d12c403d4976--food",
        utc(2017, 12, 1, 18, 38, 32),
    ),
    Recording(  # RSS 1.0; a title with &#x0024; and <sup>2</sup> in CDATA
        "rbren_craigslist.rss", "craigslist SF bay area | apts/housing for rent search",
        "https://sfbay.craigslist.org/search/apa", 25, 25, "http://sfbay.craigslist.org/eby/apa/6186664607.html",
        "Bright, Spacious Beautiful Victorian (oakland north / temescal) $4300 3bd 1930ft2",
        "Updated 3+ Bedroom, 2.5 Bath", 256, None, utc(2017, 6, 21, 17, 33, 10),
        "http://sfbay.craigslist.org/eby/apa/6186664607.html", (),
        "http://sfbay.craigslist.org/eby/apa/6170845890.html", utc(2017, 6, 21, 17, 31, 19),
    ),
    Recording(  # empty authors, dates in India's time
        "rbren_customfields.rss", "Varthabharathi : Kanrnataka's Leading Kannada News Portal",
        "http://www.varthabahrati.in/", 15, 15, "http://www.varthabharati.in/article/english/74450",
        "ISUZU launches the ‘mu-X’ premium full-size 7 seater SUV in Bengaluru", "Launched with a 3.0 Litre", 995, None,
        utc(2017, 5, 19, 15, 35, 2), "http://www.varthabharati.in/article/english/74450", (),
        "http://www.varthabharati.in/article/english/69212", utc(2017, 4, 12, 3, 56, 37),
    ),
    Recording(  # ISO-8859-1; line breaks in the dates
        "rbren_encoding.rss", "Jornal de Notícias - Últimas Notícias", "http://www.jn.pt/", 40, 40,
        "https://www.jn.pt/nacional/interior/sonia-laig-e-a-nova-presidente-da-rarissimas-9021600.html",
        "Mãe de utente é a nova presidente da Raríssimas", "Sónia Laygue, profissional na área", 162, None,
        utc(2018, 1, 3, 13, 47), None, ("Nacional",),
        "https://www.jn.pt/economia/interior/lisboa-quer-passes-sociais-com-acesso-a-taxis-e-bicicletas-9020740.html",
        utc(2018, 1, 3, 0, 25),
    ),
    Recording(
        "rbren_feedburner.atom", "Google Ads Developer Blog",
        "http://googleadsdeveloper.blogspot.com/search/label/adwords_api", 25, 25,
        "http://googleadsdeveloper.blogspot.com/2016/06/adwords-and-dfp-java-client-library.html",
        "AdWords and DFP Java client library will soon require Java 7+", "After November 2016, all releases", 994,
        "Google Ads Developer Advisor", utc(2016, 6, 3, 14, 38),
        "tag:blogger.com,1999:blog-7815614485808579332.post-8394866751819460570",
        ("adwords_api", "client_libraries", "dfp_api"),
        "http://googleadsdeveloper.blogspot.com/2015/10/using-google-my-business-api-to-manage.html",
        utc(2015, 10, 15, 11, 20),
    ),
    Recording(
        "rbren_guardian.rss", "The Guardian", "https://www.theguardian.com/us", 55, 55,
        "https://www.theguardian.com/us-news/2018/jan/31/donald-trump-state-of-the-union-address-unity-discord",
        "Trump State of the Union address promised unity but emphasized discord",
        "The president’s ‘new American moment’", 406, "David Smith in Washington", utc(2018, 1, 31, 7, 26, 5),
        "https://www.theguardian.com/us-news/2018/jan/31/donald-trump-state-of-the-union-address-unity-discord",
        ("Donald Trump", "State of the Union address", "US news", "US politics", "Democrats", "Republicans",
         "US Congress"),
        "https://www.theguardian.com/artanddesign/gallery/2018/jan/31/earths-ultimate-yogis-in-pictures-yoga",
        utc(2018, 1, 31, 7, 0, 20),
    ),
    Recording(
        "rbren_many-links.rss", "Google Testing Blog", "http://testing.googleblog.com/", 25, 25,
        "http://testing.googleblog.com/2017/09/code-health-providing-context-with.html",
        "Code Health: Providing Context with Commit Messages and Bug Reports", "This is another post in our Code", 996,
        "Google Testing Bloggers", utc(2017, 9, 11, 21, 1),
        "tag:blogger.com,1999:blog-15045980.post-8046216467923860328", ("Chris Lewis", "Code Health", "TotT"),
        "http://testing.googleblog.com/2016/05/gtac-diversity-scholarship.html", utc(2016, 5, 4, 14, 32),
    ),
    Recording(
        "rbren_reddit.rss", "reddit: the front page of the internet", "https://www.reddit.com/", 24, 24,
        "https://www.reddit.com/r/funny/comments/3skxqc/the_water_is_too_deep_so_he_improvises/",
        "The water is too deep, so he improvises", "submitted by cakebeerandmorebeer to funny", 63, None,
        utc(2015, 11, 12, 21, 16, 39),
        "https://www.reddit.com/r/funny/comments/3skxqc/the_water_is_too_deep_so_he_improvises/", ("funny",),
        "https://www.reddit.com/r/GetMotivated/comments/3sjgv1/the_best_years_of_your_life_image/",
        utc(2015, 11, 12, 15, 9, 19),
    ),
    Recording(  # RSS 1.0 whose only date is dc:date
        "rbren_rss-1.rss", "Science twis", "http://science.sciencemag.org/", 69, 69,
        "http://science.sciencemag.org/cgi/content/short/356/6343/1134-a?rss=1", "Food for fungi", "", 0,
        "Hines, P. J.", utc(2017, 6, 15, 17, 29, 47), "http://science.sciencemag.org/cgi/content/short/356/6343/1134-a?rss=1",
        ("Botany, Microbiology",),
        "http://science.sciencemag.org/cgi/content/short/356/6340/816-o?rss=1", utc(2017, 5, 25, 17, 24, 10),
    ),
)  # fmt: skip
