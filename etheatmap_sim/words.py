"""Word lists for the invented pages of the background: parts of titles, by the wiki whose audience reads them."""

FIRST = (
    "Ada Alaric Amos Beatrix Benno Calla Casimir Corin Dagny Delphine Edric Elowen Emeric Fenna Florian Greta Hadley "
    "Idris Imogen Jorun Kasper Leander Linnea Magnus Marit Nadia Oberon Orla Petra Quentin Rasmus Saskia Tobias Una "
    "Viggo Wanda Xavier Yara Zeno"
).split()
LAST = (
    "Abernathy Ashgrove Balfour Birchall Brandvold Carrow Clavering Dunmore Eastlake Ferrant Galbraith Hallam Hartwick "
    "Iverson Jessop Kestrel Lindqvist Marlow Merriweather Northam Okonjo Pemberly Quillfeather Ravenscar Sandoval "
    "Thornbury Ulverston Varga Wexcombe Yarrow Zeller"
).split()
PLACE = (
    "Aldermoor Bracken_Hill Calder_Bay Drumlin_Falls Eskdale_Park Fenwick Glimmer_Lake Harrowgate Islay_Point Juniper_Flats "
    "Kilbride Larkspur Marrow_Creek Nettleford Oxbow Penhallow Quarry_Heights Redmere Saltmarsh Tarn_Valley Underhill "
    "Vale_of_Orrin Westering Yewdale"
).split()
ADJECTIVE = (
    "Amber Broken Crimson Distant Emerald Forgotten Gilded Hollow Iron Last Midnight Northern Paper Quiet Restless Silver "
    "Second Scarlet Tidal Unwritten Velvet Winter"
).split()
NOUN = (
    "Archive Bridge Cathedral Daughter Engine Fountain Garden Harbour Island Jury Kingdom Lantern Mirror Nightingale Orchard "
    "Passenger River Sparrow Tower Umbrella Village Witness Zephyr"
).split()
TOPIC = "aviation chess cinema cricket geology jazz lighthouses literature opera physics rowing television volcanoes".split()

GERMAN = (
    "Bahnhof Brücke Burg Garten Gebirge Hafen Kirche Könige Mühle Straße Schloss Täler Universität Wälder Zünfte".split(),
    "Altenfels Bärwinkel Düsterbach Eichgrund Grünau Hohenstett Mühlrode Schönwald Überlund Wörthen".split(),
)
FRENCH = (
    "Abbaye Bataille Château Élection Forêt Île Maison Musée Opéra Pont Révolution Théâtre Traité Vallée".split(),
    "d'Aubrac-le-Haut de_Clairmont de_Fontvieille de_l'Étang de_Montréal-sur-Lys de_Saint-Côme du_Val-d'Or des_Érables".split(),
)
SPANISH = (
    "Anexo:Municipios Catedral Batalla Campeonato Estación Historia Provincia Río Telenovela Universidad".split(),
    "de_Alcañada de_Cañaveral de_Ibáñez de_la_Peña de_Miraflor de_San_Andrés de_Ñuñoa del_Júcar".split(),
)
RUSSIAN = (
    "Битва Город История Крепость Музей Опера Река Республика Сезон Театр Улица Язык".split(),
    "Белогорска Верхнеозёрска Дальнереченска Ёлкина Заречного Каменска Лесного Новосветска Озёрного".split(),
)
JAPANESE = (
    "青い 赤い 最後の 静かな 北の 白い 冬の 眠れる 新しい 遠い 小さな 真夜中の".split(),
    "オーケストラ 列車 図書館 庭 海 湖 灯台 物語 王国 街 島 鏡 駅".split(),
)
