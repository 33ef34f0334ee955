package invented

import "strings"

// naming is the names of one sort of family.
type naming struct{ girls, boys, surnames []string }

// namings are the sorts of family, the first the most frequent. Within a list, what stands first is the most frequent.
func namings() []naming {
	var all []naming
	for _, n := range [][3]string{british(), southAsian(), arabic(), african(), iberian(), polish(), somali(), irish()} {
		all = append(all, naming{strings.Fields(n[0]), strings.Fields(n[1]), strings.Fields(n[2])})
	}
	return all
}

func british() [3]string {
	return [3]string{
		`Olivia Amelia Isla Ava Lily Ella Emily Grace Mia Poppy Sophie Jessica Charlotte Isabella Evie Freya Florence Alice Daisy
		Ruby Phoebe Sienna Elsie Chloe Matilda Rosie Lucy Holly Eleanor Erin Megan Abigail Hannah Molly Katie Bethany Lauren Rebecca
		Georgia Harriet Imogen Zara Sarah Ella-Mae Lily-Rose Elizabeth Catherine Victoria Kimberley Leah Summer Jasmine Heidi Willow`,
		`Oliver George Noah Arthur Harry Leo Jack Charlie Oscar Henry Jacob Thomas William James Freddie Alfie Archie Joshua Theo
		Isaac Alexander Logan Lucas Edward Samuel Joseph Max Daniel Benjamin Ethan Mason Harrison Toby Finley Riley Dylan Jake Luke
		Matthew Callum Connor Ryan Nathan Liam Michael Christopher Stephen Jonathan Robert Peter Kieran Bradley Kyle Tyler Jayden Hayden`,
		`Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood
		Jackson Clarke Harris Clark Scott Turner Hill Moore Cooper Ward Morris King Watson Baker Harrison Morgan Allen James Phillips
		Parker Bennett Shaw Cook Simpson Richardson Marshall Collins Carter Bailey Gray Cox Adams Wilkinson Foster Chapman Mason
		Russell Powell Webb Rogers Hunt Mills Holmes Palmer Matthews Gibson Fisher Barnes Knight Lloyd Butler Price Stewart Reid
		Murray Dixon Stevens Fletcher Ellis Pearson Harvey Bradley Barker Andrews Elliott Ford Cunningham Lane Hopkins Smith-Jones
		Taylor-Green Brooks Hart Freeman Cole Bishop Payne Newman Reynolds Sharp Atkinson Middleton Hargreaves Ashworth Winterbottom`,
	}
}

func southAsian() [3]string {
	return [3]string{
		`Aisha Fatima Maryam Zainab Anaya Priya Sana Hafsa Meera Ayesha Simran Khadija Anjali Iqra Nadia Amina Sadia Kiran Pooja Ishita`,
		`Muhammad Ali Ibrahim Yusuf Arjun Rohan Zayan Hamza Bilal Hassan Imran Aarav Omar Usman Adam Rahul Vikram Ahmed Haroon Kabir`,
		`Patel Khan Ahmed Hussain Singh Ali Begum Kaur Shah Islam Rahman Chowdhury Malik Akhtar Sharma Iqbal Mahmood Miah Uddin Mistry
		Gupta Desai Bhatt Chaudhry Rehman Siddiqui Qureshi Bhandari Krishnan Subramaniam`,
	}
}

func arabic() [3]string {
	return [3]string{
		`Lina Salma Nour Yasmin Layla Huda Rania Mariam Hana Samira Noor Farah Dina Ghada`,
		`Mohammed Karim Adam Mehdi Rayan Youssef Khalid Tariq Anas Ilyas Zakaria Walid Said Nabil`,
		`Benali Haddad Mansour Khalil Nasser Saleh El-Idrissi Bouzid Hamdan Aziz Farouk Najjar Abdallah Haddou Amrani Khatib`,
	}
}

func african() [3]string {
	return [3]string{
		`Adaeze Blessing Abena Ngozi Akosua Grace Temitope Chiamaka Esther Joy Deborah Amara Precious Efua`,
		`Chidi Emeka Kofi Kwame Emmanuel Tobi Chinedu Samuel Daniel David Babatunde Ikenna Femi Segun`,
		`Okafor Mensah Adeyemi Boateng Nwosu Asante Owusu Eze Balogun Okonkwo Osei Afolabi Appiah Ogunleye Amoah Chukwu Adebayo Obi`,
	}
}

func iberian() [3]string {
	return [3]string{
		`Mariana Inês Luísa Beatriz Ana Sofia Carolina Lucía Valentina Camila Isabel Gabriela`,
		`João Thiago Mateus Gonçalo Davi Miguel Rafael Diego Santiago Pedro Rui Tiago`,
		`Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins García Fernández López Araújo Simões Magalhães Gomes Ribeiro`,
	}
}

func polish() [3]string {
	return [3]string{
		`Zuzanna Oliwia Małgorzata Lena Julia Maja Zofia Hanna Agnieszka Katarzyna Daryna Iveta`,
		`Jakub Miłosz Kacper Antoni Szymon Filip Krzysztof Paweł Dmytro Bohdan Jan Stanisław`,
		`Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kovalenko Procházka Żurek`,
	}
}

func somali() [3]string {
	return [3]string{
		`Hodan Ifrah Sagal Ayaan Fadumo Hibo Sahra Amina Halima Ikran`,
		`Abdirahman Liban Zakariye Guled Yusuf Mahad Abdi Mohamed Ismail Ayub`,
		`Warsame Jama Abdullahi Farah Hersi Mohamud Osman Elmi Dirie Duale`,
	}
}

func irish() [3]string {
	return [3]string{
		`Aoife Niamh Róisín Saoirse Ciara Sinéad Orla Clodagh Caoimhe Bridget`,
		`Oisín Cormac Fionn Pádraig Eoin Seán Declan Brendan Ciarán Conor`,
		`Murphy Kelly O'Brien Walsh O'Connor Byrne Ryan Doherty O'Neill McCarthy Gallagher McGettigan O'Driscoll Fitzgerald`,
	}
}

// syllables make the long tail of surnames that only few have.
func syllables() (first, middle, last []string) {
	return strings.Fields(`Ash Bar Cal Dun Ell Far Gar Hal Ing Jar Kel Lan Mar Nor Orm Pem Quin Ros Sel Tar Ul Ven Wal Yar Zan Bro Cre Dro Fen Gri Hol Kir`),
		strings.Fields(`ber co den fi gel han ing ja ker lo min ner or pen ro sto ten va win zel a e i o u mon tri`),
		strings.Fields(`ton ley ford well man son ski ová ndo chi wala yan idze escu poulos sen stein berg worth by combe field gate ham house lin mere`)
}

// endings are those of first names that only few have.
func endings() []string {
	return strings.Fields(`a ah an ella en ena eth ette i ia iel in ina is ka la lyn me na nor o ra rik sha ta us va wen ya yn zi`)
}

// streets are made of these.
func streets() (names, kinds []string) {
	return strings.Fields(`Golborne Acklam Ladbroke Portobello Oxford Cambridge Bramley Latimer Walmer Clarendon Lansdowne Blenheim Elgin Westbourne
		Talbot Powis Colville Lonsdale Pembridge Chepstow Kensington Hornton Campden Phillimore Abingdon Earls Warwick Cromwell Gloucester
		Queens Harrington Stanhope Onslow Sydney Fulham Kings Sloane Cadogan Draycott Radnor Flood Oakley Beaufort Cremorne Lots Edith
		Finborough Redcliffe Tregunter Drayton Boltons Gilston Hollywood Ifield Cathcart Coleherne Wharfedale Nevern Longridge Penywern
		Trebovir Templeton Philbeach Eardley Kempsford Mill Church Station Victoria Albert Alma Raglan Cardigan Wellington Nelson Trafalgar
		Salisbury Bath Bristol Exeter Devon Cornwall Kent Surrey Sussex Essex Norfolk Suffolk Lincoln York Durham Chester Stafford Derby
		Maple Oak Elm Ash Beech Cedar Willow Poplar Chestnut Laurel Holly Rowan Hawthorn Orchard Meadow Brook River Lake Bridge Ferry
		Quarry Forge Smithy Barn Manor Abbey Priory Friars Bishops Canon Dean St-Marks St-Johns St-Lukes St-Anns St-Quintin Great-Western
		Old-Brompton New-Kings Upper-Cheyne Lower-Addison North-Pole South-Row Notting-Hill Holland-Park`),
		strings.Fields(`Road Road Road Street Street Avenue Gardens Crescent Square Terrace Grove Close Mews Place Lane Drive`)
}
