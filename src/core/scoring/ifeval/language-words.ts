/** Frequent words, letters and endings that tell languages of one script apart. Own lists; read by detect-language.ts. */

/** ISO 639-1 code, with its words in one text. */
type Lists = Readonly<Record<string, string>>;

/** Function words above all; a word may stand in several lists, and then says less. Lower case, without apostrophes. */
export const WORDS: Lists = {
  en: 'the of and to in is that it for was on are as with his they be at this have from or had by not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know get through back much before go good new write our me man too any day same right look think also around another came come work three must because does part even place well such here take why help put different away again off went old number great tell men say small every found still between name should home big give air line set own under read last never us left end along while might next sound below saw something thought both few those always show large often together asked house world going want school important until form food keep children feet land side without boy once enough took sometimes four head above kind began almost live page got earth need far hand high year mother light country father let night picture being study second soon story since white ever paper hard near sentence better best across during today however sure against turns hello yes please thank thanks answer question you i a he lower upper case word letters written english love cat dog dear remember practice makes perfect quick person life days week month money job office team plan idea email letter family friend friends child woman city town street road car bus train coffee tea bread milk apple fish bird horse tree flower garden river lake sea ocean mountain sky sun moon star rain snow wind summer winter spring autumn morning evening happy sad young nice fun easy simple clear fast slow early open close start stop walk run sleep eat drink buy sell pay build learn teach speak listen watch play sing dance travel visit meet ask send bring open free true false real common special possible available using used based including according within toward',
  es: 'de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho quienes nada muchos cual poco ella estar estas algunas algo nosotros mi mis tú te ti tu tus ellas vosotros ser está son fue era han hace tiene puede soy eres hola gracias buenos días bien vida tiempo casa año años mundo ciudad frase español mañana necesito ayuda buenas tardes noches perro gato agua libro libros comida amigo amigos familia trabajo escuela niño niña hombre mujer gente calle país parte manera cosa cosas lugar ejemplo pueden hacer decir ir ver dar saber querer llegar pasar deber poner parecer quedar creer hablar llevar dejar seguir encontrar llamar pensar salir volver tomar conocer vivir nuevo nueva grande pequeño mejor siempre nunca ahora entonces hoy ayer aquí allí dos tres primero gusta quiero luego además nuestro nuestra senor señor señora escribo carta dónde vez',
  pt: 'de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas me esse eles estão você tinha foram essa num nem suas meu às minha têm numa pelos elas havia seja qual será nós tenho lhe deles essas esses pelas este fosse dele tu te vocês vos isto aquilo estou são obrigado olá bom dia tempo casa vida ano anos mundo cidade gosto muito bem preciso ajuda boa tarde noite cachorro gato água livro livros comida amigo amigos família trabalho escola menino menina homem mulher gente rua país parte maneira coisa coisas lugar exemplo pode podem fazer dizer ir ver dar saber querer chegar passar dever ficar falar levar deixar seguir encontrar chamar pensar sair voltar tomar conhecer viver novo nova grande pequeno melhor sempre nunca agora então hoje ontem aqui ali dois três primeiro quero além nosso nossa onde fica através senhor senhora escrevo carta porque vez',
  fr: 'de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la mais comme ou si leur y dont aux avec cette ces ses été être fait son tout nous sa elle deux même ont bien où sans peut tous après ainsi donc aussi je vous ils on lui me très encore entre moi toi mon ton notre votre leurs avoir était chez car quand quel quelle rien toujours jamais trop ici là bonjour merci oui non monde temps vie jour ville suis est-ce c d l j n s qu m t besoin aide bonsoir nuit chien chat eau livre livres ami amis famille travail école enfant enfants homme femme gens rue pays partie chose choses lieu exemple peuvent faire dire aller voir donner savoir vouloir arriver passer devoir mettre croire parler laisser suivre trouver appeler penser sortir revenir prendre connaître vivre nouveau nouvelle grand grande petit petite mieux maintenant alors aujourd hui hier trois premier première aime veux puis beaucoup peu fois cher chère monsieur madame',
  it: 'di e il la che in un a per è una sono del con non si da le dei come al ma nel anche i della più o lo alla delle gli questo ha se su nella dal ed degli tra quando dalla essere ai ad mi ho era loro suo sua molto io tu lui lei noi voi questa questi queste quello quella cosa tutto tutti tutte dove chi perché così anni stato stata fatto poi ancora sempre mai senza dopo prima ogni altro altri sul sulla nei nelle dello ciao grazie bene giorno tempo casa vita mondo città bello bella oggi ci ne bisogno aiuto buongiorno sera notte cane gatto acqua libro libri cibo amico amici famiglia lavoro scuola bambino bambina bambini uomo donna gente strada paese parte modo cose luogo esempio può possono fare dire andare vedere dare sapere volere arrivare passare dovere mettere credere parlare lasciare seguire trovare chiamare pensare uscire tornare prendere conoscere vivere nuovo nuova grande piccolo piccola meglio adesso allora ieri qui lì due tre primo piace voglio inoltre nostro nostra volta dov gentile signore signora lettera',
  de: 'der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei ich wir ihr du mich mir dich dir uns euch ihm ihn mein dein kein keine sehr hier dort dann wenn weil ob was wer wo warum dieser diese dieses jeder alle alles schon immer wieder unter gegen ohne zwischen kann muss soll will können müssen heute morgen gestern gut guten tag hallo danke bitte ja nein welt zeit leben jahr stadt wetter eines ihre ihren seine seinen habe bin hilfe brauche hund katze wasser buch bücher essen freund freunde familie arbeit schule kind kinder mann frau leute menschen straße land teil weise sache dinge ort beispiel machen sagen gehen sehen geben wissen wollen kommen lassen stehen finden bleiben liegen heißen denken nehmen tun glauben halten nennen zeigen führen sprechen bringen fahren meinen neu neue neuen groß große klein kleine besser nie jetzt zwei drei erste ersten gern gerne danach außerdem unser unsere zusammen abend nacht liebe lieber',
  nl: 'de het een en van ik te dat die in is niet op aan met als voor had er maar om hem dan zou of wat mijn men dit zo door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog zal me zij nu ge geen omdat iets worden toch al waren veel meer doen toen moet ben zonder kan hun dus alles onder ja werd wezen zelf tegen komen goed hier wie wij waarom zijn wordt',
  af: 'die en van in is nie het dat te om vir op met hy ek sy wat was as aan ons word by sal hulle kan ook jy maar hierdie een deur baie so haar daar uit moet gaan sê net nog toe my jou dit wees',
  sv: 'och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan man när år under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket än här då blir upp även vad bara över hon utan mig dig du detta sedan många genom',
  no: 'og i det er på som en til å av for at med de ikke den har var jeg et om så men han seg fra vi kan skal ble eller da ved også etter vil hun nå når mot ut være hva bare alle mer enn du meg deg oss noe hvor dette hadde blir mye hvis fordi over',
  da: 'og i at det er en til af den på for de med som ikke der et har han jeg var men sig om så vi fra kan eller skal da ved også efter vil hun nu når ud være hvad kun alle mere end du mig dig os noget hvor dette havde bliver meget hvis fordi over blev af uden',
  fi: 'ja on ei se että hän oli en mutta niin kun kuin ovat joka mitä minä sinä me te he tämä myös vain sen sitä ole jos tai kanssa hänen olla nyt sitten mukaan voi olen olet olemme olivat tässä siitä mikä kuka missä miksi miten jo vielä hyvin kaikki kaikkien joka jotka jonka ennen jälkeen ilman paljon hyvää päivää kiitos moi hei kyllä tänään sää suomi suomen suomea kieli talo aika vuosi maailma minun sinun tätä näin eli sekä kuitenkin siellä täällä koska asuu asun kaunis apua tarvitsen koira kissa vesi kirja kirjoja ruoka ystävä perhe työ koulu lapsi lapset mies nainen ihmiset ihminen katu maa osa tapa asia asiat paikka esimerkki esimerkiksi tehdä sanoa mennä nähdä antaa tietää haluta tulla uusi suuri iso pieni parempi aina koskaan silloin eilen kaksi kolme ensimmäinen pidän haluan lisäksi meidän teidän heidän jokainen aamu ilta munia pitkä',
  et: 'ja on ei et ka see oli mis aga kui ta siis mida ma sa me te nad oma kes nii nagu oma siin veel välja ning või olen oled oleme ole pole juba väga seda selle tema minu sinu kõik üks kaks aasta eesti võib tuleb pärast enne',
  pl: 'i w na nie z do to się że jest o jak a co po ale za od dla tym tego przez tak już są czy ten być był było była tylko jego jej ich może które który która przed pod nad bez przy ze mnie mi ci ja ty on ona my wy oni kiedy gdzie dlaczego bardzo dobrze dzień dobry dziękuję proszę cześć świat czas życie dom miasto rok lat pogoda dzisiaj oraz także jako więc jeszcze wszystko każdy każdego ma mają mam masz polski język potrzebuję pomocy pies kot woda książka książki jedzenie przyjaciel rodzina praca szkoła dziecko dzieci człowiek kobieta ludzie ulica kraj część sposób rzecz rzeczy miejsce przykład robić mówić iść widzieć wiedzieć chcieć nowy nowa nowe duży mały lepiej zawsze nigdy teraz wtedy dziś wczoraj tutaj tam dwa trzy pierwszy lubię chcę potem nasz nasza swoim swój swoje swojego',
  cs: 'a v se na je že to s z do o i jsem ale za po by jako tak co pro jeho který jsou k ve od si byl už jak než když být ho jen pod nebo až má podle není být velmi jsme jste bylo byla také můžete kde proč dnes den dobrý děkuji ano ne přes která které při této',
  sk: 'a v sa na je že to s z do o i som ale za po by ako tak čo pre jeho ktorý sú k vo od si bol už než keď byť ho len pod alebo až má podľa nie veľmi sme ste bolo bola tiež kde prečo dnes deň dobrý ďakujem áno cez ktorá ktoré pri tejto',
  sl: 'in je v na se da za so ki ne po s pa z kot bi tudi ob o do od si sem bil lahko ali še pri te jih kako samo le kaj ker bila bilo smo ste niso ima zelo danes hvala dober dan zakaj kje',
  hr: 'i u je na se da za su s od a o što kao ne to koji ili po iz sam nije bi biti kako ali samo sve do ima koja koje vrlo jer smo ste bio bila danas hvala dobar dan zašto gdje može nakon prema',
  hu: 'a az és hogy nem is egy van ez ha de csak meg azt volt mint már el még ki kell vagy sem ami én te mi ti ők lesz nagyon minden itt ott aki amely mert akkor most jó nap köszönöm igen miért hol lehet után alatt',
  ro: 'și de la în a nu cu pe să este o că un din se pentru mai sunt ce care am fost au le ca sau lui dar ei prin fi el ea noi voi ai are foarte acest această după când unde cum bună ziua mulțumesc da aceasta',
  ca: 'de la i el que a en un per és amb no una els les se del al com més però ha va són dels també aquesta aquest ser o seu seva han hi molt tot quan on fins entre sobre després perquè sense les aquests nosaltres gràcies bon dia avui',
  lt: 'ir yra į kad su iš o ne tai kaip bet tik jis ji jo jos nuo per po už buvo dar apie ar labai taip prie jau mes jūs aš tu kas kur kodėl šiandien ačiū laba diena',
  lv: 'un ir ar no uz par kas ka tas bet arī vai nav es tu viņš viņa mēs jūs tā kā pie lai pēc bija būt ļoti šodien paldies labdien kāpēc kur tikai vēl',
  sq: 'dhe të në e i një për me që nga është si së nuk më ka u do por kjo ky janë ishte edhe se unë ti ai ajo ne ju shumë sot faleminderit pse ku vetëm duke',
  tr: 've bir bu da de için ile çok ne o gibi daha ama en kadar olarak var sonra ben sen biz siz onlar her mi değil olan ki şey ya bana sana onu bunu nasıl neden nerede bugün teşekkür merhaba evet hayır iyi gün zaman dünya değildir',
  vi: 'và của là có không được cho một trong các những với người này đã để tôi khi thì cũng như về từ đến ở vào ra nhưng năm anh em chị bạn chúng ta nó đó rất nhiều lại còn phải sẽ đang tại vì nếu hay hoặc làm gì sao xin chào cảm ơn thời gian cuộc sống thế giới ngày nước việt nam tiếng giúp chó mèo sách ăn uống gia đình bè việc học trường trẻ đàn ông phụ nữ đường phố phần cách điều nơi ví dụ nói đi thấy biết muốn mới lớn nhỏ tốt hơn luôn bao giờ bây hôm qua hai ba đầu tiên thích sau nữa buổi sáng tối đêm',
  id: 'yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka orang sudah bisa atau kita oleh tersebut adalah anda dia kami telah lebih saat seperti sebagai bahwa banyak hanya sangat hari terima kasih selamat apa mengapa energi mengurangi perpustakaan mana setiap',
  tl: 'ang ng sa na mga ay at ko mo siya ako hindi ito para kung ka nila niya ni si kanyang rin din lang namin natin kami tayo sila kayo po opo salamat magandang araw ngayon bakit saan dahil isang may mayroon',
  sw: 'na ya wa kwa ni katika za la cha hii huo kama lakini pia au yake wake sana watu mtu kuwa hivyo ambayo ambao ambapo kila moja mimi wewe yeye sisi ninyi wao hapa pale leo jana kesho ndiyo hapana habari asante rafiki yangu wangu yetu wetu yao wao hiyo hizi hizo hilo hili huyu hao vya nchi siku muda maisha dunia mji lugha kiswahili jambo nzuri mzuri kubwa ndogo bila baada kabla hata tu bado sasa basi ili kwamba kutoka hadi kwenye alikuwa walikuwa anaweza tunaweza nini nani wapi lini msaada nahitaji mbwa paka maji kitabu vitabu chakula familia kazi shule mtoto watoto mwanaume mwanamke barabara sehemu kitu vitu mahali mfano kufanya kusema kwenda kuona kutoa kujua kutaka kuja mpya daima tatu mbili kwanza napenda ninapenda nataka zetu wenu asubuhi jioni usiku pamoja mwenye kusoma kulala hapo zamani kale iko wako kuhusu',
  so: 'waa iyo ka ku oo ah ayaa in la uu ay waxaa soo si ama kale ee aan waxay dad badan sida mid u ugu leh markii laakiin wuxuu haa maya maanta fiican mahadsanid',
  cy: 'y yn a i o ar ei mae yr oedd am bod wedi gan ond fel nid hyn hwn hon dim sydd eu eich fy dy ni chi nhw hi ef pan ble pam heddiw diolch bore da mewn iawn gyda',
};

/** Letters that only some languages of the Latin script use. */
export const LETTERS: Lists = {
  es: 'ñ¿¡áéíóú',
  pt: 'ãõáéíóúâêôç',
  fr: 'œèêùûîé',
  it: 'ìòàè',
  de: 'ßäöü',
  sv: 'åäö',
  no: 'åøæ',
  da: 'åøæ',
  fi: 'äö',
  et: 'äöõü',
  pl: 'łąęśźżćń',
  cs: 'řěůčšžáéíýú',
  sk: 'ľĺŕôčšž',
  sl: 'čšž',
  hr: 'đčšžć',
  hu: 'őűáéíóú',
  ro: 'ăâîșțşţ',
  ca: 'ŀçòèï',
  lt: 'ėųįūšž',
  lv: 'āēīūģķļņ',
  sq: 'ëç',
  tr: 'ığşçöü',
  vi: 'ăâđêôơư',
  cy: 'ŵŷ',
};

/** How words end; only for words of four letters or more that are in no list above. */
export const ENDINGS: Lists = {
  en: 'ing tion ed ly ness ment ight ough ious ers able ful ould th ck sh wn ss ies',
  es: 'ción dad ando iendo mente ado ados adas ible ismo aje illo illa cia nte',
  pt: 'ção ções dade ando endo mente ado ados adas ável eiro eira nho nha ncia agem eza orma ssões ão',
  fr: 'tion tions ment ments eux euse eau eaux ique ité ais ait ez aient ance oir eur eurs elle',
  it: 'zione zioni ssione ssioni gia mente ità ando endo ato ati ata ate etto etta ggio glia gli cchi tto tta',
  de: 'ung ungen stadt ibt eibt lich isch keit heit schaft chen sch cht nen ern ten tzt',
  nl: 'ijk heid aar ingen elijk oor ijn tje aan',
  pl: 'nie ość owie ych ego emu ami ać ić ski ska skie wać cie rz szy',
  fi: 'ssa ssä sta stä lla llä lta ltä lle nen set isen inen vat vät mme ksi minen taa tää uus yys',
  sv: 'ning het ande else arna orna igt',
  vi: 'nh ng',
  sw: 'ika isha ana iwa ikia ishi wani aji',
};

export const CYRILLIC_WORDS: Lists = {
  ru: 'и в не на я что он с как это по но они мы вы она так его за то все было от же бы у к из для ее меня мне есть ты только если уже или быть был до нет при чтобы очень также этот эта эти который когда где почему сегодня привет спасибо мир мира их были может о со во свой своим своей своего каждое каждый каждая утро день хорошо хорошая хороший люблю время года год человек люди дом жизнь город один два три первый чем тоже ещё еще будет стало можно нужно надо потом здесь там сейчас всегда никогда перед под над между через после помощью помощи находится жила была',
  bg: 'и в не на се да е от за с по че са като но от до или това този тази тези които който която ще има си аз ти той тя ние вие те много също само когато къде защо днес здравей благодаря свят света е беше бяха може при след му ѝ ли със във как всяка всеки сутрин своя своите обичам времето хубаво хубав година години човек хора дом живот град един една едно два три първи защото обаче сега тук там винаги никога преди между чрез което',
  uk: 'і в не на я що він з як це по але вони ми ви вона так його за то все було від ж у до із для її мене є ти тільки якщо вже або бути був ні при щоб дуже також цей ця ці який коли де чому сьогодні привіт дякую світ та й їх може про кожен кожного свій своїм своєю день добре люблю час рік роки людина люди дім життя місто один два три перший ще буде можна треба потім тут там зараз завжди ніколи перед під над між через після',
  mk: 'и во не на се да е од за со по дека се како но до или ова овој оваа овие кои кој која ќе има си јас ти тој таа ние вие тие многу исто само кога каде зошто денес здраво благодарам свет беше беа може при',
};

export const CYRILLIC_ENDINGS: Lists = {
  ru: 'ого его ому ему ый ий ая ое ые ть ться тся ет ют ит ат ом ем ами ями ах ях ов ев',
  bg: 'та то те ът ят ите ата ото ия ане ене ва ваше ваха',
  uk: 'ого ого ому ому ий ій ти тися ється ють ить ам ами ях ів єм ння',
  mk: 'та то те от ите ата ото ње ува уваат',
};

export const CYRILLIC_LETTERS: Lists = { ru: 'ыэё', bg: 'ъщѝ', uk: 'іїєґ', mk: 'јљњќѓѕџ' };

export const ARABIC_WORDS: Lists = {
  ar: 'في من على إلى أن هذا هذه التي الذي مع عن كان كانت هو هي لا ما ثم أو كل بعد قبل بين لم لن قد أنا أنت نحن هم هناك حيث إن كما لكن عند غير ذلك تلك يكون شكرا مرحبا',
  fa: 'و در به از که این را با است برای آن یک خود تا کرد بر هم نیز گفت می شود شد ما اما یا باید هر او من تو شما آنها بود شده دارد کند ها های همه چه سلام ممنون امروز خیلی',
  ur: 'اور کے کی میں ہے کا سے کو نے پر ہیں کہ یہ اس ایک بھی تھا تھی تھے وہ نہیں ہو گیا گئی کر ہم آپ میرا میری جو تو ان لیے ساتھ بہت کیا شکریہ آج جب تک',
};

export const ARABIC_LETTERS: Lists = { ar: 'كيةىأإ', fa: 'پچژگکی', ur: 'ٹڈڑںےہھ' };

export const DEVANAGARI_WORDS: Lists = {
  hi: 'के का की में है और से को पर हैं यह था थी थे ने एक भी नहीं कि जो इस हो कर लिए वह तो साथ अपने मैं आप हम तुम मेरा मेरी बहुत क्या आज जब तक या उस किया गया रहा रही रहे धन्यवाद हर सुबह अपना अपनी मुझे पहले किताबें पढ़ना पसंद मौसम अच्छा दिन साल लोग घर जीवन शहर दो तीन बाद अब यहाँ वहाँ कभी हमेशा कहाँ था एक सभी कुछ कई कोई करना करने करता करते होता होती होते सकते सकता चाहिए',
  mr: 'आहे आणि आहेत या ते तो ती हे हा ही मी तुम्ही आम्ही आपण नाही होते होता होती झाले केले पण मध्ये म्हणून साठी खूप काय आज एक व त्या त्यांनी करून असे असून येथे माझे माझा माझी धन्यवाद रोज सकाळी आपल्या मला आवडते पुस्तके छान दिवस वर्ष लोक घर जीवन शहर दोन तीन नंतर आता इथे तिथे कधी नेहमी सर्व काही अनेक कोणी सोबत करणे करतात करतो असते असतात शकता पाहिजे कमी कुठे एकदा होत्या शूर',
  ne: 'छ छन् हो र को मा ले लाई पनि यो त्यो थियो थिए गर्न गर्ने भएको भने म तपाईं हामी तिमी मेरो धेरै के आज एक वा तर गरेको हुन्छ हुन् सबै लागि सँग नेपाल नेपाली धन्यवाद हरेक बिहान आफ्नो मलाई मन पर्छ किताब राम्रो दिन वर्ष मानिस घर जीवन शहर दुई तीन पछि अब यहाँ त्यहाँ कहिल्यै सधैं केही कोही गर्नु गर्छ गर्छन् हुने सक्छ सक्छन् पर्छ कहाँ एउटा एउटी',
};

export const DEVANAGARI_ENDINGS: Lists = {
  hi: 'ों ें ता ती ते ना ने कर ाओं ियों',
  mr: 'च्या ची चा चे ला ना ने ात ून साठी तो ते तात णे ण्या ांनी ांची ांचा सोबत',
  ne: 'लाई ले को का की मा हरू हरु न्छ न्छन् ्छ ्छन् एको एका सँग बाट नुहोस्',
};

export const DEVANAGARI_LETTERS: Lists = { mr: 'ळ' };

/** Characters that were simplified, each followed by its traditional form. */
export const SIMPLIFIED_TRADITIONAL =
  '们們这這说說来來时時会會国國学學对對发發经經为為个個东東车車长長门門见見语語话話过過还還进進现現爱愛书書气氣电電点點开開关關动動乐樂让讓边邊谢謝请請问問间間题題样樣实實应應听聽写寫认認识識员員业業万萬与與产產体體';
