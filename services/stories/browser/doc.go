// Package browser is what tests of the pages stand on: a whole platform as `kith up` runs it, people who use it in a
// headless Chromium or by plain HTTP, and partners who send contacts. What a test does and sees it says as a person would:
// by headings, labels and the words on buttons.
//
//	var kith *browser.Kith
//
//	func TestMain(m *testing.M) { os.Exit(browser.Main(m, &kith)) }
//
//	func TestAScreenerTakesNoteOfDanger(t *testing.T) {
//		t.Parallel()
//		sam := browser.Ours("Sam")
//		contact := kith.Receive(t, browser.Worry(browser.Child(sam)).With(browser.Fields{"immediateDanger": true}))
//		tab := kith.Tab(t, browser.Phone)
//		tab.SignIn("winston-garrick")
//		tab.Go("/contacts/" + contact)
//		tab.Press("Take note")
//		tab.Sees("You took note")
//	}
//
// Every page that a tab comes to is looked at: axe finds nothing at WCAG 2.2 AA, the console has no error, nothing is
// refused by the Content-Security-Policy or fails to load, and nothing is wider than a phone.
package browser
