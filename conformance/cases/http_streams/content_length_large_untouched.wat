;;! title = "A body too long to collect keeps its length if nobody changes it"
;;! spec = "proxy_on_response_body"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = { headers = [["content-length", "100000"]], body = [{ text = "x", times = 50000 }, { text = "x", times = 50000 }] } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    {{CONTINUE}}))
