;;! title = "A long body that grows after its length was sent ends the stream"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = { headers = [["content-length", "100000"]], body = [{ text = "x", times = 50000 }, { text = "x", times = 50000 }] } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    (if (local.get $end_of_stream)
      (then {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 50000 0 ">"}}))
    {{CONTINUE}}))
