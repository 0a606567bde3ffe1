"""Words laid over tokens, their states, and what layers of the built-in model tell of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from infoscope.core.errors import DataError, InvalidArgument, NotFound, UnknownName, WrongType
from infoscope.probe.language_models.annotated_text import read_conllu
from infoscope.probe.language_models.states_of_texts import text_states
from infoscope.probe.language_models.states_of_words import word_states
from infoscope.probe.probes.information import v_information
from infoscope.probe.probes.layers import layer_report

TREEBANK = Path(__file__).parents[2] / "data" / "probe" / "ud_english_ewt_dev_beginning.conllu.gz"
HAND = "\n".join([
    "# newdoc id = one", "# sent_id = s1", "# text = I don't see the café.",
    "1\tI\tI\tPRON\tPRP\tNumber=Sing\t4\tnsubj\t_\t_",
    "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_",
    "2\tdo\tdo\tAUX\tVBP\t_\t4\taux\t_\t_",
    "3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_",
    "4\tsee\tsee\tVERB\tVB\t_\t0\troot\t_\t_",
    "4.1\tseen\tsee\tVERB\tVB\t_\t_\t_\t_\t_",
    "5\tthe\tthe\tDET\tDT\t_\t6\tdet\t_\t_",
    "6\tcafé\tcafé\tNOUN\tNN\tNumber=Sing\t4\tobj\t_\tSpaceAfter=No",
    "7\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_", "",
    "# text = the the",
    "1\tthe\tthe\tDET\tDT\t_\t0\troot\t_\t_", "2\tthe\tthe\tDET\tDT\t_\t1\tdet\t_\t_", "",
])  # fmt: skip


def test_words_have_their_bytes() -> None:
    one, two = read_conllu(HAND)
    spans = [(w.form, w.start, w.end) for w in one.words]
    assert spans == [
        ("I", 0, 1), ("do", 2, 4), ("n't", 4, 7), ("see", 8, 11), ("the", 12, 15),
        ("café", 16, 21), (".", 21, 22),
    ]  # fmt: skip
    assert (one.document, one.name, one.n_left_out) == ("one", "s1", 0)
    assert one.words[0].labels["Number"] == "Sing"
    assert [w.start for w in two.words] == [0, 4]  # the second is found after the first


def test_a_multiword_token_that_its_words_do_not_spell() -> None:
    text = HAND.replace("\tdo\tdo\tAUX", "\twill\twill\tAUX").replace("don't", "won't")
    one = read_conllu(text)[0]
    assert one.n_left_out >= 1
    assert all(one.text[w.start : w.end].decode() == w.form for w in one.words)
    assert [w.form for w in one.words][-4:] == ["see", "the", "café", "."]


def test_text_without_a_text_line_is_put_together() -> None:
    lines = [line for line in HAND.split("\n") if not line.startswith("# text")]
    assert read_conllu("\n".join(lines))[0].text.decode() == "I don't see the café."


def test_the_real_treebank_is_covered_word_by_word() -> None:
    found = read_conllu(TREEBANK)
    assert len(found) == 754
    assert sum(len(s.words) for s in found) == 10_277
    assert sum(s.n_left_out for s in found) == 0
    assert all(s.text[w.start : w.end].decode() == w.form for s in found for w in s.words)


@pytest.mark.parametrize("which", ["last", "first", "mean"])
def test_states_are_those_of_the_words_own_tokens(which, llama, tiny) -> None:
    given = read_conllu(HAND)
    found = word_states(given, tiny, which=which)
    assert found.states.shape == (4, 9, 24)
    at = 0
    for each in given:
        tokens = tiny.encode(each.text)
        with torch.no_grad():
            inputs = torch.tensor([[0, *tokens.ids.tolist()]])
            states = llama.model(input_ids=inputs, output_hidden_states=True).hidden_states[:-1]
        for word in each.words:
            mine = [1 + i for i in range(len(tokens.ids))
                    if tokens.starts[i] < word.end and tokens.ends[i] > word.start]  # fmt: skip
            pick = {"last": mine[-1:], "first": mine[:1], "mean": mine}[which]
            for layer, whole in enumerate(states):
                expected = whole[0, pick].mean(0).numpy()
                np.testing.assert_allclose(found.states[layer, at], expected, rtol=1e-5, atol=5e-5)
            assert found.n_tokens[at] == len(mine)
            at += 1


def test_both_ways_through_a_model_agree(tiny, tiny_torch, tmp_path) -> None:
    own = word_states(HAND, tiny)
    other = word_states(HAND, tiny_torch, file=tmp_path / "states.npy")
    np.testing.assert_allclose(own.states, other.states, rtol=1e-5, atol=5e-5)
    np.testing.assert_array_equal(np.load(tmp_path / "states.npy", mmap_mode="r"), other.states)


def test_labels_groups_and_choices(tiny) -> None:
    found = word_states(HAND, tiny, layers=[1, 3])
    assert found.layers == (1, 3)
    assert found.labels("upos").tolist()[:3] == ["PRON", "AUX", "PART"]
    assert found.labels("Number").tolist() == ["Sing", *[None] * 4, "Sing", *[None] * 3]
    assert found.sentences.tolist() == [0] * 7 + [1] * 2
    assert found.frequency_class(2).tolist() == [0, 0, 0, 0, 1, 0, 0, 1, 1]
    some = found.take(found.labels("upos") == "DET")
    assert some.forms == ("the", "the", "the")
    assert some.states.shape == (2, 3, 24)
    np.testing.assert_array_equal(some.layer(3), found.states[1, [4, 7, 8]])
    assert list(found.by_layer()) == ["layer 1", "layer 3"]
    assert "9 words of 2 sentences" in repr(found)
    assert len(word_states(HAND, tiny, max_words=3)) == 7  # whole sentences


def test_middle_layers_tell_more_of_parts_of_speech_than_the_ends(smollm2) -> None:
    """2,200 words: a probe of a middle layer is right more often, and not for its capacity."""
    words = word_states(TREEBANK, smollm2, layers=[0, 15, 30], max_words=2200)
    tags = words.labels("upos").astype(str)
    kept = ~np.isin(tags, ["X", "SYM", "INTJ"])
    words, tags = words.take(kept), tags[kept]
    settings = {"groups": words.sentences, "test_fraction": 0.4, "penalty": 0.3, "n_draws": 200}
    report = layer_report(words.by_layer(), tags, **settings)
    right = {name: found.predicted == found.labels for name, found in report.layers.items()}
    for end in ("layer 0", "layer 30"):
        gain = right["layer 15"].astype(float) - right[end]
        assert gain.mean() > 2 * gain.std() / np.sqrt(len(gain))
    rng = np.random.default_rng(1)
    _, place = np.unique([form.lower() for form in words.forms], return_inverse=True)
    drawn = rng.choice(tags, size=place.max() + 1)[place]  # one tag for each form, for good
    control = v_information(words.layer(15), drawn, **settings)
    assert report["layer 15"].accuracy.interval.low > control.accuracy.interval.high
    shuffled = v_information(
        words.layer(15), rng.permutation(tags), **(settings | {"penalty": 300})
    )
    assert abs(shuffled.value.value) < 0.05 < report["layer 15"].value.interval.low


def test_states_of_texts_and_answers(llama, tiny) -> None:
    texts = ["The other", "they", "then there"]
    found = text_states(texts, tiny, answers=["e", " a"])
    for i, text in enumerate(texts):
        ids = [0, *tiny.encode(text.encode()).ids.tolist()]
        with torch.no_grad():
            out = llama(input_ids=torch.tensor([ids]), output_hidden_states=True)
        logs = torch.log_softmax(out.logits[0, -1].double(), -1)
        asked = [int(tiny.encode(a).ids[0]) for a in (b"e", b" a")]
        np.testing.assert_allclose(found.log_probabilities[i], logs[asked].numpy(), atol=2e-5)
        for layer in range(3):
            np.testing.assert_allclose(
                found.layer(layer)[i], out.hidden_states[layer][0, -1].numpy(), atol=2e-5
            )
    assert text_states(["a"], tiny, layers=[2]).log_probabilities.shape == (1, 0)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda _: read_conllu("1\ta\n\n"), DataError, "line 1 must hold ten columns"),
        (lambda _: read_conllu("# nothing\n"), InvalidArgument, "at least one sentence"),
        (lambda _: read_conllu("no-such.conllu"), NotFound, "be a file that exists"),
        (lambda _: read_conllu(3), WrongType, "be a path or text"),
        (lambda m: word_states(HAND, m, which="middle"), UnknownName, "which must be one of"),
        (lambda m: word_states(HAND, m, layers=[9]), InvalidArgument, "lie between 0 and 3"),
        (lambda m: word_states([1], m), WrongType, "be a CoNLL-U file or"),
        (lambda m: word_states(HAND, m).labels("pos"), UnknownName, "name must be one of"),
        (lambda m: word_states(HAND, m).layer(7), InvalidArgument, "layer must be one of"),
        (lambda m: text_states([], m), InvalidArgument, "at least one text"),
        (lambda m: text_states("abc", m), WrongType, "be a list of at least one text"),
        (lambda m: text_states(["a"], m, answers=["the", "there"]), InvalidArgument, "differ in"),
    ],
    ids=range(12),
)
def test_what_cannot_be_read_is_refused(tiny, call, kind, words) -> None:
    with pytest.raises(kind, match=words):
        call(tiny)
