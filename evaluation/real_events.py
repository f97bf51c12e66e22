"""What really happened to pages whose views are recorded: titles and moments, from the news of the time.

Only events with a moment that can be named, and that lie within the recorded views of the page's own title.
"""

from datetime import UTC, date, datetime

# (page, moment, what): the hours of February 2012. Gary Carter's death (16 Feb) lies before the judged hours; releases
# of films have no hour; Heinrich Hertz was looked up because of a doodle (22 Feb): neither an event nor background.
HOURLY = (
    ("Whitney_Houston", datetime(2012, 2, 18, 17, tzinfo=UTC), "her funeral"),
    ("Kevin_Costner", datetime(2012, 2, 18, 17, tzinfo=UTC), "speaks there"),
    ("Dionne_Warwick", datetime(2012, 2, 18, 17, tzinfo=UTC), "leads through it"),
    ("Tyler_Perry", datetime(2012, 2, 18, 17, tzinfo=UTC), "speaks there"),
    ("Maya_Rudolph", datetime(2012, 2, 19, 4, 30, tzinfo=UTC), "hosts Saturday Night Live"),
    ("The_Apprentice_(U.S._season_12)", datetime(2012, 2, 20, 2, tzinfo=UTC), "premiere"),
    ("2012_BRIT_Awards", datetime(2012, 2, 21, 20, tzinfo=UTC), "the ceremony"),
    ("Frank_Carson", datetime(2012, 2, 22, 21, tzinfo=UTC), "his death is known"),
    ("Kevin_Hart", datetime(2012, 2, 25, 0, tzinfo=UTC), "the All-Star celebrity game"),
)

# Topics of 2014 by day (UTC). Left out: those without one moment (Gamergate, Ice Bucket Challenge) and titles younger
# than theirs (Chibok, Israel–Gaza, Sewol).
DAILY_2014 = (
    ("2014 Crimean crisis", date(2014, 3, 1), "leave to use troops"),
    ("2014 FIFA World Cup", date(2014, 6, 12), "opening match"),
    ("2014 Ferguson unrest", date(2014, 11, 24), "no indictment"),
    ("2014 Hong Kong protests", date(2014, 9, 28), "tear gas"),
    ("2014 Winter Olympics", date(2014, 2, 7), "opening ceremony"),
    ("Cuba–United States relations", date(2014, 12, 17), "relations to be restored"),
    ("Ebola virus epidemic in West Africa", date(2014, 9, 30), "first case in the US"),
    ("Eurovision Song Contest 2014", date(2014, 5, 10), "the final"),
    ("Felipe VI of Spain", date(2014, 6, 19), "proclaimed king"),
    ("Heartbleed", date(2014, 4, 7), "disclosed"),
    ("Indian general election, 2014", date(2014, 5, 16), "results"),
    ("Islamic State of Iraq and the Levant", date(2014, 6, 10), "takes Mosul"),
    ("Malaysia Airlines Flight 17", date(2014, 7, 17), "shot down"),
    ("Malaysia Airlines Flight 370", date(2014, 3, 8), "vanishes"),
    ("Minecraft", date(2014, 9, 15), "bought by Microsoft"),
    ("Robin Williams", date(2014, 8, 11), "his death"),
    ("Rosetta spacecraft", date(2014, 11, 12), "its lander touches down"),
    ("Scottish independence referendum, 2014", date(2014, 9, 18), "the vote"),
    ("Soma mine disaster", date(2014, 5, 13), "the fire"),
    ("United States elections, 2014", date(2014, 11, 4), "election day"),
)
