"""Addresses and URLs that nobody may make us call."""
# ruff: noqa: RUF001, S104 (odd spellings and odd addresses are what is tested here)

from __future__ import annotations

CLOSED_ADDRESSES = [
    # IPv4 by kind, both ends where the net is not whole
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.7", "192.88.99.1", "192.168.0.1", "192.168.255.255"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.9", "203.0.113.200", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.254", "255.255.255.255"),
    # IPv6 by kind
    *("::", "::1", "::2", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "ff02::1"),
    *("ff0e::1", "100::1", "100:0:0:1::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1", "4000::1", "::ffff:0:0"),
    # IPv4 inside IPv6
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8"),
    *("::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254"),
    *("64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    *("2002:808:808::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:2::1", "2001:10::1"),
    *("2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1"),
]

HOSTILE_URLS = [
    # names of inner things
    *(
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://a.localhost/",
        "https://printer.local/",
    ),
    *("https://metadata.google.internal/computeMetadata/v1/", "https://metadata/", "https://instance-data/latest"),
    *("https://db.internal:5432/", "https://router.lan/", "https://nas.home.arpa/", "https://x.localdomain/"),
    "https://METADATA.GOOGLE.INTERNAL./",
    *("https://metadata.goog/", "https://a.metadata.goog/", "https://metadata.tencentyun.com/latest/meta-data/"),
    *("https://kubernetes.default.svc/api", "https://kubernetes.default.svc.cluster.local/", "https://kubernetes/"),
    *("https://host.docker.internal:2375/", "https://wpad/wpad.dat", "https://intranet/", "https://mail.corp/"),
    *("https://fritz.home/", "https://rancher-metadata/latest", "https://hidden.onion/", "https://com/"),
    # odd spellings of 127.0.0.1 and 169.254.169.254
    *(
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
    ),
    *("https://127.1/", "https://127.0.1/", "https://0/", "https://127.0.0.1./", "https://127.000.000.001/"),
    *("https://127.0.0.0x1/", "https://2852039166/", "https://0xa9fea9fe/", "https://0251.0376.0251.0376/"),
    *(
        "https://169.254.43518/",
        "https://00000127.0.0.1/",
        "https://4294967296/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
    ),
    *("https://0x/", "https://127.0.0.1.0x7f/", "https://08.8.8.8/"),
    # the same by Unicode: full-width digits, circled digits, ideographic stops
    *(
        "https://１２７.０.０.１/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://ｌｏｃａｌｈｏｓｔ/",
        "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    ),
    *("https://169｡254｡169｡254/", "https://loc\u00adalhost/", "https://lo\u200bcalhost/", "https://exa\u202emple.com/"),
    "https://xn--0.\u2488com/",
    # credentials and confused hosts
    *("https://user:pass@example.com/", "https://user@example.com/", "https://example.com@127.0.0.1/"),
    *("https://@example.com/", "https://example.com:443@127.0.0.1:80/", "https://127.0.0.1\\@example.com/"),
    *("https://example.com\\.inner/", "https:\\\\127.0.0.1\\", "https://example.com%40127.0.0.1/"),
    *("https://127.0.0.1%2eexample.com/", "https://%6c%6f%63alhost/", "https://127%2e0%2e0%2e1/"),
    *("https://[::1", "https://::1/", "https://[::1]x/", "https://[::1%25lo]/", "https://[fe80::1%eth0]/"),
    *(
        "https://[127.0.0.1]/",
        "https://[v1.fe80::1]/",
        "https://[]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:0:0:1]/",
    ),
    "https://[::FFFF:127.0.0.1]:8443/",
    # the inside first, then what a careless reader takes for the host
    *("https://127.0.0.1#@example.com/", "https://127.0.0.1?@example.com/", "https://127.0.0.1/@example.com"),
    *("https://169.254.169.254:80#.example.com/", "https://[::1]#@example.com/", "https://[::1]:443:80/"),
    *("https://[64:ff9b::7f00:1]/", "https://[64:ff9b::a9fe:a9fe]/latest", "https://[2002:7f00:1::]/"),
    *("https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "https://[::127.0.0.1]/", "https://[fe80::1]/"),
    *("https://[fd00:ec2::254]/latest/meta-data/", "https://[ff02::1]/", "https://[::]:8080/", "https://[::1%lo]/"),
    # schemes
    *("file:///etc/passwd", "ftp://example.com/a.mp3", "gopher://127.0.0.1:70/", "data:audio/mpeg;base64,AAAA"),
    *("javascript:alert(1)", "//example.com/", "/etc/passwd", "example.com/a.mp3", "dict://127.0.0.1:11211/", ""),
    *(
        "http:example.com",
        "https:/example.com/",
        "https//example.com",
        "unix:///run/docker.sock",
        "jar:https://x.example!/",
    ),
    *("view-source:https://example.com/", "s3://bucket/key", "concat:https://a.example|b", "crypto://x", "https"),
    # what breaks a request apart
    *("https://example.com/\r\nX: 1", "https://example.com/\n", "https://exa\tmple.com/", "https://example.com/ a"),
    *(" https://example.com/", "https://example.com /", "https://exam ple.com/", "https://example.com/\x00"),
    *(
        "https://example.com/\ud800",
        "https://example.com/\u2028x",
        "https://example.com\r\n/",
        "\x00https://example.com/",
    ),
    # hosts and ports that are none
    *("https:///a", "https://", "https://:443/", "https://./", "https://a..b.com/", "https://.example.com/"),
    *("https://example.com../", "https://-a.example/", "https://a-.example/", f"https://{'a' * 64}.com/"),
    *(
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:-1/",
        "https://example.com:99999999/",
    ),
    *(
        "https://example.com:80:80/",
        "https://example.com:８０/",
        "https://example.com:4_43/",
        "https://example.com:+443/",
    ),
    *("https://example.com:http/", "https://exa*mple.com/", "https://exa,mple.com/", "https://ex'ample.com/"),
    *(f"https://{'a.' * 127}com/", f"https://example.com/{'a' * 2048}", "https://xn--\u0430.com/"),
    # plain http where it is not allowed
    *("http://example.com/", "HTTP://example.com/"),
]

HARMLESS_AS_REDIRECT = frozenset(
    {
        *("", "/etc/passwd", "example.com/a.mp3", "https", "https//example.com", "http:example.com"),  # our own server
        *("//example.com/", " https://example.com/", "http://example.com/", "HTTP://example.com/"),  # a public one
    }
)
"""What is refused as a URL, but leads nowhere else where a server redirects to it."""
