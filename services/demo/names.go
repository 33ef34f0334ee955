package demo

// naming is the names one sort of family gives its people. Without surnames its people have one name only.
type naming struct{ girls, boys, women, men, surnames []string }

// namings are the sorts of family that live in west London, in no order of size. Every person made of them is invented.
func namings() []naming { return append(firstNamings(), furtherNamings()...) }

func firstNamings() []naming {
	return []naming{
		{
			girls:    []string{"Poppy", "Ella-Mae", "Chloe", "Evie", "Harriet", "Zoë"},
			boys:     []string{"Alfie", "Jake", "Archie", "Tyler", "Noah", "Frederick"},
			women:    []string{"Karen", "Stacey", "Joanne", "Philippa"},
			men:      []string{"Darren", "Lee", "Rupert", "Stephen"},
			surnames: []string{"Hartwell", "Pike", "Cotterill", "Smith-Barrow", "Lovelock", "Tranter"},
		},
		{
			girls:    []string{"Aoife", "Niamh", "Róisín", "Gráinne", "Clodagh"},
			boys:     []string{"Oisín", "Cormac", "Fionn", "Pádraig", "Eoin"},
			women:    []string{"Sinéad", "Bernadette", "Orla"},
			men:      []string{"Brendan", "Ciarán", "Michael"},
			surnames: []string{"O’Driscoll", "Ní Dhonnchú", "McGettigan", "O’Hare", "Tierney"},
		},
		{
			girls:    []string{"Hodan", "Ifrah", "Sagal", "Ayaan", "Nasteexo"},
			boys:     []string{"Abdirahman", "Liban", "Zakariye", "Guled", "Yusuf"},
			women:    []string{"Fadumo", "Hibo", "Sahra"},
			men:      []string{"Mahad", "Cabdi", "Warsame"},
			surnames: []string{"Warsame Ali", "Jama", "Abdullahi", "Farah Nur", "Hersi"},
		},
		{
			girls:    []string{"Selam", "Feven", "Bethlehem", "Rahwa", "Liya"},
			boys:     []string{"Natnael", "Abel", "Yonas", "Kaleb", "Filmon"},
			women:    []string{"Tsehay", "Almaz", "Genet"},
			men:      []string{"Tekle", "Berhane", "Dawit"},
			surnames: []string{"Gebremariam", "Tesfay", "Haile-Selam", "Woldu", "Kidane"},
		},
		{
			girls:    []string{"Adaeze", "Temitọpẹ", "Akosua", "Blessing", "Ọlá"},
			boys:     []string{"Chinedu", "Kofi", "Ayọ̀", "Emmanuel", "Tobi"},
			women:    []string{"Ngozi", "Abena", "Folakẹ"},
			men:      []string{"Kwame", "Babatunde", "Ikechukwu"},
			surnames: []string{"Okafor-Wells", "Adéyẹmí", "Boateng", "Nwosu", "Asante-Grey"},
		},
		{
			girls:    []string{"Anaya", "Meera", "Zara", "Ishita", "Hafsa"},
			boys:     []string{"Arjun", "Zayan", "Rohan", "Hamza", "Kabir"},
			women:    []string{"Sunita", "Nasreen", "Lakshmi"},
			men:      []string{"Rajesh", "Imran", "Mohan"},
			surnames: []string{"Chowdhury", "Patel-Shaw", "Hussain", "Krishnan", "Bhandari"},
		},
	}
}

func furtherNamings() []naming {
	return []naming{
		{
			girls:    []string{"Lina", "Salma", "Nour", "Chaïma", "Yasmine"},
			boys:     []string{"Ilyès", "Karim", "Adam", "Mehdi", "Rayan"},
			women:    []string{"Khadija", "Samira", "Houda"},
			men:      []string{"Rachid", "Hassan", "Walid"},
			surnames: []string{"El Idrissi", "Benali", "al-Khatib", "Bouzid", "Haddou"},
		},
		{
			girls:    []string{"Mariana", "Inês", "Luísa", "Beatriz", "Conceição"},
			boys:     []string{"João", "Thiago", "Mateus", "Gonçalo", "Davi"},
			women:    []string{"Fátima", "Patrícia", "Lúcia"},
			men:      []string{"Antônio", "Sérgio", "Paulo"},
			surnames: []string{"da Conceição", "Magalhães", "Simões", "Brandão-Cole", "Araújo"},
		},
		{
			girls:    []string{"Zuzanna", "Oliwia", "Małgosia", "Lenka", "Daryna"},
			boys:     []string{"Jakub", "Miłosz", "Dmytro", "Ondřej", "Krzysztof"},
			women:    []string{"Agnieszka", "Olena", "Iveta"},
			men:      []string{"Paweł", "Bohdan", "Zdeněk"},
			surnames: []string{"Wiśniewska", "Kovalenko", "Dąbrowski", "Procházka", "Żurek"},
		},
		{
			girls:    []string{"Shanice", "Tiana", "Amara", "Renée", "Kezia"},
			boys:     []string{"Jaydon", "Malachi", "Dante", "Isaiah", "Reuben"},
			women:    []string{"Marcia", "Yvonne", "Simone"},
			men:      []string{"Leroy", "Winston", "Curtis"},
			surnames: []string{"Campbell-Rose", "Baptiste", "Grant", "St. Louis", "Beckford"},
		},
		{
			girls:    []string{"Mei", "Xiùyīng", "Thảo", "Jasmine", "Hằng"},
			boys:     []string{"Wei", "Minh", "Jun", "Đức", "Kai"},
			women:    []string{"Li Na", "Thu Hương", "Rosario"},
			men:      []string{"Chen", "Quốc", "Ernesto"},
			surnames: []string{"Zhang", "Nguyễn", "Lim", "Trần", "dela Cruz"},
		},
		{
			girls:    []string{"Elif", "Parisa", "Rojîn", "Defne", "Shirin"},
			boys:     []string{"Emre", "Arash", "Baran", "Çınar", "Ömer"},
			women:    []string{"Gülşen", "Nasrin", "Hêvîn"},
			men:      []string{"Mustafa", "Behrouz", "Şivan"},
			surnames: []string{"Öztürk", "Karimi", "Yıldız", "Rahmani", "Güneş"},
		},
		{
			girls: []string{"Wati", "Palwasha", "Sari", "Spozhmai"},
			boys:  []string{"Bejo", "Zmarai", "Agung", "Khushal"},
			women: []string{"Sukarti", "Gulalai", "Laila"},
			men:   []string{"Slamet", "Najibullah", "Wagiman"},
		},
	}
}

// streets are invented, so that no demonstration family lives at a real door.
func streets() []string {
	return []string{
		"Larkspur Court", "Tanner’s Yard House", "Meridian Terrace", "Bellfounder Road", "Quince Tree Walk", "Lantern Gardens",
		"Old Dairy Mews", "Swallow House", "Pargeter Street", "Kestrel Point", "Almshouse Row", "Saffron Buildings",
		"Coppersmith Lane", "Heron Tower", "St Elphege’s Road", "Weighbridge Close",
	}
}
