"""Word lists for the invented pages of the background: parts of titles, by the wiki whose audience reads them."""


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    "Ada Alaric Amos Beatrix Benno Calla Casimir Corin Dagny Delphine Edric Elowen Emeric Fenna Florian Greta Hadley "
    "Idris Imogen Jorun Kasper Leander Linnea Magnus Marit Nadia Oberon Orla Petra Quentin Rasmus Saskia Tobias Una "
    "Viggo Wanda Xavier Yara Zeno"
)
LAST = _words(
    "Abernathy Ashgrove Balfour Birchall Brandvold Carrow Clavering Dunmore Eastlake Ferrant Galbraith Hallam Hartwick "
    "Iverson Jessop Kestrel Lindqvist Marlow Merriweather Northam Okonjo Pemberly Quillfeather Ravenscar Sandoval "
    "Thornbury Ulverston Varga Wexcombe Yarrow"
)
PLACE = _words(
    "Aldermoor Bracken_Hill Calder_Bay Drumlin_Falls Eskdale_Park Fenwick Glimmer_Lake Harrowgate Islay_Point "
    "Kilbride Larkspur Marrow_Creek Nettleford Oxbow Penhallow Quarry_Heights Redmere Saltmarsh Tarn_Valley Underhill "
    "Vale_of_Orrin Westering Yewdale"
)
ADJECTIVE = _words(
    "Amber Broken Crimson Distant Emerald Forgotten Gilded Hollow Iron Last Midnight Northern Paper Quiet Restless "
    "Second Scarlet Tidal Unwritten Velvet Winter"
)
NOUN = _words(
    "Archive Bridge Cathedral Daughter Engine Fountain Garden Harbour Island Jury Kingdom Lantern Mirror Nightingale "
    "Passenger River Sparrow Tower Umbrella Village Witness Zephyr"
)
TOPIC = _words("aviation chess cinema cricket geology jazz lighthouses literature opera physics rowing volcanoes")

GERMAN = (
    _words("Bahnhof Brücke Burg Garten Gebirge Hafen Kirche Könige Mühle Straße Schloss Täler Universität Wälder"),
    _words("Altenfels Bärwinkel Düsterbach Eichgrund Grünau Hohenstett Mühlrode Schönwald Überlund Wörthen"),
)
FRENCH = (
    _words("Abbaye Bataille Château Élection Forêt Île Maison Musée Opéra Pont Révolution Théâtre Traité Vallée"),
    _words("d'Aubrac-le-Haut de_Clairmont de_Fontvieille de_l'Étang de_Saint-Côme du_Val-d'Or des_Érables"),
)
SPANISH = (
    _words("Anexo:Municipios Catedral Batalla Campeonato Estación Historia Provincia Río Telenovela Universidad"),
    _words("de_Alcañada de_Cañaveral de_Ibáñez de_la_Peña de_Miraflor de_San_Andrés de_Ñuñoa del_Júcar"),
)
RUSSIAN = (
    _words("Битва Город История Крепость Музей Опера Река Республика Сезон Театр Улица Язык"),
    _words("Белогорска Верхнеозёрска Дальнереченска Ёлкина Заречного Каменска Лесного Новосветска Озёрного"),
)
JAPANESE = (
    _words("青い 赤い 最後の 静かな 北の 白い 冬の 眠れる 新しい 遠い 小さな 真夜中の"),
    _words("オーケストラ 列車 図書館 庭 海 湖 灯台 物語 王国 街 島 鏡 駅"),
)

# Surnames of people whom no roster lists, given to no page of the background.
UNLISTED_LAST = _words(
    "Achterberg Bellweather Corvino Drummock Esterhaus Fairclough Grimaldo Holloway-Pike Szarka Tamblyn"
)

# Invented one-word titles that are ordinary words too; none is part of another invented title.
ORDINARY = _words("Ember Orbit Harvest Pilgrim Compass Thunder Mosaic Avalanche Blossom Juniper Furnace Meridian")

# Parts of the names that pad a roster; none is used for anything else that is invented here.
STAGE_LAST = _words(
    "Albescu Brightwater Célestin Delacourt Engström Finchley Guðmundsson Hollis-Vane Ibarra Kowalczyk Lachance Mbeki "
    "Nightingale-Ross Okafor Petrovic Quiroga Rasmussen Sørlie Takahara Villanueva"
)
PROJECT_ADJECTIVE = _words(
    "Burning Crooked Drowned Electric Feral Glass Hushed Invisible Jaded Lonesome Marble Neon Obsidian Phantom Ragged "
    "Silent Thirteenth Unbroken Wandering Yellow"
)
PROJECT_NOUN = _words(
    "Acrobat Ballroom Carousel Duchess Emperor Falcon Gambler Highway Inheritance Jukebox Labyrinth Motel Oracle "
    "Pledge Rodeo Saboteur Tenant Understudy Ventriloquist Waltz"
)
EVENT_PLACE = _words(
    "Avonlea Bellhaven Cormorant Dunwick Elmsford Fairwater Glenrothes Hightower Inverloch Jasperton Kestrelmoor "
    "Lynmouth Marblehead Norwood Oakhurst Pinecrest Quayside Ravensburg Stillwater Thistledown Umberleigh "
    "Viewmont Westbrook Yarmouthport Zennor"
)
