;; Holds a response's body back until it is complete, and puts what it makes of it in its place: the same text with its
;; small letters made large. The length stays, so that content-length does.
(module
  {{imports}} {{marker}} {{data}}
  (memory (export "memory") 16)

  ;; Nothing outlives a callback, so each begins with an empty heap.
  (global $heap (mut i32) (i32.const 0x8000))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $size))))

  (func {{export proxy_on_context_create}})
  (func {{export proxy_on_request_headers}} {{CONTINUE}})
  (func {{export proxy_on_response_headers}} {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    (local $at i32)
    (local $end i32)
    (local $byte i32)
    (if (i32.eqz (local.get $end_of_stream)) (then (return (i32.const 1))))
    (global.set $heap (i32.const 0x8000))
    (if {{result proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 0x80000}} (then (unreachable)))
    (local.set $at (i32.load (i32.const 0x10)))
    (local.set $end (i32.add (local.get $at) (i32.load (i32.const 0x18))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
          (then (i32.store8 (local.get $at) (i32.sub (local.get $byte) (i32.const 32)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (if {{result proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0x80000 (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
      (then (unreachable)))
    {{CONTINUE}})
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))
